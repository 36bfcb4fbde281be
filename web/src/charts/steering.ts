/** Hands on a chart: wheel, drag with shift, fingers and keys move all charts of the page. */

import type uPlot from 'uplot';
import type { Board } from './chart';
import { panned, zoomed } from './range';
import type { Range } from './view';

interface Steered {
  plot(): uPlot | undefined;
  shown(): Range;
}

const KEY_ZOOM = 1.5;
const KEY_PAN = 0.2; // of the width
const WHEEL_ZOOM = 0.002; // per pixel of the wheel
const LINE_PX = 16; // of a wheel that counts in lines

export function steer(place: HTMLElement, board: Board, chart: Steered): void {
  const zoom = (factor: number, share: number, from = chart.shown()): void => {
    const bounds = board.bounds();
    if (bounds) board.zoom(zoomed(from, factor, share, bounds, board.view.logX));
  };
  const pan = (share: number, from = chart.shown()): void => {
    const bounds = board.bounds();
    if (bounds && board.view.range) board.zoom(panned(from, share, bounds, board.view.logX) ?? board.view.range);
  };
  const shareOf = (x: number): number => {
    const box = chart.plot()?.over.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (x - box.left) / box.width)) : 0.5;
  };

  place.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !chart.plot()) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && event.shiftKey) pan(by * KEY_PAN);
    else if (by) move(chart.plot() as uPlot, by);
    else if (event.key === '+' || event.key === '=') zoom(1 / KEY_ZOOM, cursorShare(chart.plot()));
    else if (event.key === '-') zoom(KEY_ZOOM, cursorShare(chart.plot()));
    else if (event.key === '0' || event.key === 'Escape') board.zoom(null);
    else return;
    event.preventDefault();
  });

  place.addEventListener(
    'wheel',
    (event) => {
      const unit = event.deltaMode === 1 ? LINE_PX : 1;
      const sideways = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY * unit * WHEEL_ZOOM), shareOf(event.clientX));
      else if (board.view.range && Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY))
        pan((sideways * unit) / Math.max(1, place.clientWidth));
      else return; // the page scrolls
      event.preventDefault();
    },
    { passive: false },
  );

  // Before uPlot hears of it, which would begin to select.
  place.addEventListener(
    'mousedown',
    (event) => {
      if (!event.shiftKey || event.button !== 0 || !board.view.range) return;
      event.stopPropagation();
      event.preventDefault();
      const [range, from] = [chart.shown(), shareOf(event.clientX)];
      const dragged = (next: MouseEvent): void => pan(from - shareOf(next.clientX), range);
      document.addEventListener('mousemove', dragged);
      document.addEventListener('mouseup', () => document.removeEventListener('mousemove', dragged), { once: true });
    },
    { capture: true },
  );

  touch(place, shareOf, { zoom, pan, shown: chart.shown });
}

interface Touched {
  zoom(factor: number, share: number, from: Range): void;
  pan(share: number, from: Range): void;
  shown(): Range;
}

/** One finger moves what is zoomed, two fingers zoom; up and down scrolls the page. */
function touch(place: HTMLElement, shareOf: (x: number) => number, { zoom, pan, shown }: Touched): void {
  let range = shown();
  let begun: number[] = [];
  const shares = (event: TouchEvent): number[] => [...event.touches].map((finger) => shareOf(finger.clientX));
  const start = (event: TouchEvent): void => {
    range = shown();
    begun = shares(event);
  };
  place.addEventListener('touchstart', start, { passive: true });
  place.addEventListener('touchend', start, { passive: true });
  place.addEventListener(
    'touchmove',
    (event) => {
      const [first = 0, second] = shares(event);
      const [from = 0, other] = begun;
      if (second === undefined || other === undefined) pan(from - first, range);
      else zoom(Math.abs(other - from) / Math.max(0.02, Math.abs(second - first)), (from + other) / 2, range);
    },
    { passive: true },
  );
}

/** Moves the crosshair to the next point. */
function move(plot: uPlot, by: number): void {
  const x = plot.data[0];
  const { min = null, max = null } = plot.scales.x ?? {};
  if (!x.length || min === null || max === null) return;
  let at = plot.cursor.idx ?? (by > 0 ? -1 : x.length);
  do at += by;
  while (x[at] !== undefined && ((x[at] as number) < min || (x[at] as number) > max));
  if (x[at] === undefined) return;
  plot.setCursor({ left: plot.valToPos(x[at] as number, 'x'), top: plot.over.clientHeight / 2 });
}

const cursorShare = (plot: uPlot | undefined): number => {
  const left = plot?.cursor.left ?? -1;
  return plot && left >= 0 ? left / plot.over.clientWidth : 0.5;
};
