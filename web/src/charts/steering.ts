/** Hands on a chart: pointer, wheel, fingers and keys move all charts of the page. */

import { make } from '../dom';
import type { Scale } from './axis';
import type { Board } from './chart';
import { panned, zoomed } from './range';
import type { Range } from './view';

interface Steered {
  /** The range of x on the screen. */
  shown(): Range;
  /** From x to pixels of the plot. */
  across(): Scale;
  /** Moves the crosshair to the next point. */
  step(by: number): void;
  /** The x of the nearest point. */
  snap(x: number): number | null;
}

const KEY_ZOOM = 1.5;
const KEY_PAN = 0.2; // of the width
const WHEEL_ZOOM = 0.002; // per pixel of the wheel
const LINE_PX = 16; // of a wheel that counts in lines
const LEAST_DRAG = 3; // px: less is a click

/**
 * @param place that has the focus
 * @param plot where the pointer is followed
 */
export function steer(place: HTMLElement, plot: HTMLElement, board: Board, chart: Steered): void {
  const mover = new Mover(plot, board, chart);
  place.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== place) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && event.shiftKey) mover.pan(by * KEY_PAN);
    else if (by) chart.step(by);
    else if (event.key === '+' || event.key === '=') mover.zoom(1 / KEY_ZOOM, mover.pointed());
    else if (event.key === '-') mover.zoom(KEY_ZOOM, mover.pointed());
    else if (event.key === '0' || event.key === 'Escape') board.zoom(null);
    else return;
    event.preventDefault();
  });
  place.addEventListener('blur', () => board.point(null));
  plot.addEventListener('wheel', (event) => useWheel(event, mover), { passive: false });
  usePointer(plot, mover, board, chart);
  useFingers(plot, mover, chart);
}

class Mover {
  private pointedAt = 0.5;

  constructor(
    private readonly plot: HTMLElement,
    private readonly board: Board,
    private readonly chart: Steered,
  ) {}

  zoom(factor: number, share: number, from = this.chart.shown()): void {
    const bounds = this.board.bounds();
    if (bounds) this.board.zoom(zoomed(from, factor, share, bounds, this.board.view.logX));
  }

  /** Moves what is zoomed; what shows everything stays. */
  pan(share: number, from = this.chart.shown()): void {
    const { view } = this.board;
    const bounds = view.range && this.board.bounds();
    if (bounds) this.board.zoom(panned(from, share, bounds, view.logX) ?? view.range);
  }

  /** The x under a place of the window. */
  at(clientX: number): number {
    const { low, high } = this.chart.shown();
    const x = this.chart.across().from(clientX - this.plot.getBoundingClientRect().left);
    return Math.min(high, Math.max(low, x));
  }

  /** How far from left to right a place of the window is, 0 to 1. */
  share(clientX: number): number {
    const across = this.chart.across();
    const { low, high } = this.chart.shown();
    const left = this.plot.getBoundingClientRect().left;
    this.pointedAt = Math.min(1, Math.max(0, (clientX - left - across.to(low)) / (across.to(high) - across.to(low))));
    return this.pointedAt;
  }

  /** Where the pointer was last. */
  pointed(): number {
    return this.pointedAt;
  }
}

function useWheel(event: WheelEvent, mover: Mover): void {
  const unit = event.deltaMode === 1 ? LINE_PX : 1;
  const sideways = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) mover.zoom(Math.exp(event.deltaY * unit * WHEEL_ZOOM), mover.share(event.clientX));
  else if (event.shiftKey || Math.abs(sideways) > Math.abs(event.deltaY))
    mover.pan((sideways * unit) / Math.max(1, (event.currentTarget as HTMLElement).clientWidth));
  else return; // the page scrolls
  event.preventDefault();
}

/** Dragging selects a range to zoom into, with shift it moves the range; a double click shows everything. */
function usePointer(plot: HTMLElement, mover: Mover, board: Board, chart: Steered): void {
  const selection = make('div', { class: 'selection', hidden: '' });
  plot.append(selection);
  let selecting: number | undefined; // x where the drag began
  let panning: { range: Range; share: number } | undefined;
  const choose = (clientX: number): [number, number] => {
    const [from, to] = [selecting ?? 0, mover.at(clientX)];
    return [Math.min(from, to), Math.max(from, to)];
  };
  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    plot.setPointerCapture(event.pointerId);
    if (event.shiftKey) panning = { range: chart.shown(), share: mover.share(event.clientX) };
    else selecting = mover.at(event.clientX);
  });
  plot.addEventListener('pointermove', (event) => {
    board.point(chart.snap(mover.at(event.clientX)));
    if (panning) mover.pan(panning.share - mover.share(event.clientX), panning.range);
    if (selecting === undefined) return;
    const [low, high] = choose(event.clientX).map((x) => chart.across().to(x)) as [number, number];
    selection.hidden = high - low < LEAST_DRAG;
    Object.assign(selection.style, { left: `${low}px`, width: `${high - low}px` });
  });
  const end = (event: PointerEvent): void => {
    if (selecting !== undefined && !selection.hidden && event.type === 'pointerup') {
      const [low, high] = choose(event.clientX);
      if (low < high) board.zoom({ low, high });
    }
    selecting = panning = undefined;
    selection.hidden = true;
  };
  plot.addEventListener('pointerup', end);
  plot.addEventListener('pointercancel', end);
  plot.addEventListener('pointerleave', () => board.point(null));
  plot.addEventListener('dblclick', () => board.zoom(null));
}

/** One finger moves what is zoomed, two fingers zoom; up and down scrolls the page. */
function useFingers(plot: HTMLElement, mover: Mover, chart: Steered): void {
  let range: Range = chart.shown();
  let begun: number[] = [];
  const shares = (event: TouchEvent): number[] => [...event.touches].map((finger) => mover.share(finger.clientX));
  const start = (event: TouchEvent): void => {
    range = chart.shown();
    begun = shares(event);
  };
  plot.addEventListener('touchstart', start, { passive: true });
  plot.addEventListener('touchend', start, { passive: true });
  plot.addEventListener(
    'touchmove',
    (event) => {
      const [first = 0, second] = shares(event);
      const [from = 0, other] = begun;
      if (second === undefined || other === undefined) mover.pan(from - first, range);
      else mover.zoom(Math.abs(other - from) / Math.max(0.02, Math.abs(second - first)), (from + other) / 2, range);
    },
    { passive: true },
  );
}
