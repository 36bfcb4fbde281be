/** One chart: some metrics as lines over steps or time, with their extremes behind them. */

import { make } from '../dom';
import { number } from '../format';
import { color } from '../theme';
import { scaleOf, type Axis, type Scale } from './axis';
import type { Curve } from './curve';
import { label, type End } from './labels';
import { Legend } from './legend';
import { across, heightOf, lastOf, lineOf, nearest, roomy, widthOf, type Line } from './line';
import { paint, RIGHT, type Frame, type Style } from './paint';
import { steer } from './steering';
import type { Picture } from './svg';
import { exactly, linearTicks, logTicks, ticksOver, type Tick } from './ticks';
import type { Range, View } from './view';

/** How a line is told from the others of its chart. */
export interface Look {
  name: string; // in the legend
  label: string; // at the line's end; "" for none
  slot: number; // its colour, and past the palette its dash
}

/** What the charts of a page share. */
export interface Board {
  readonly view: View;
  readonly overlay: boolean; // lines are of several runs: one is looked for among others, not read by itself
  /** Unix seconds from which a curve's relative time counts. */
  startOf(key: string): number;
  /** How the line at this place of its chart looks. */
  lookOf(key: string, at: number): Look;
  curve(key: string): Curve | undefined;
  /** Shows this range in all charts; null shows everything. */
  zoom(range: Range | null): void;
  /** Puts the crosshair of all charts there; null takes it away. */
  point(x: number | null): void;
  /** What all charts together span. */
  bounds(): Range | null;
}

export const OVER_WORDS = { steps: 'step', times: 'time', relative: 'time since the start' } as const;

const COLORS = 8;
const DASHES = [undefined, [6, 4], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4], [9, 3, 2, 3, 2, 3]]; // by how many have the colour already
const MOST_LABELS = 5; // lines named at their ends; more would cover each other
const LABEL_ROOM = 40; // px for those names
const HEIGHT = 208; // px
const LARGE_HEIGHT = 440;
const TICK_SPACE = 76; // px that a tick of x takes
const LEVEL_SPACE = 34; // of y
const MARGIN = { top: 8, right: RIGHT, bottom: 24, left: 14 }; // px around the curves; the labels of y come on top
const FONT = '11px "Inter Variable", sans-serif';
const SHARPEST = 3; // device pixels per CSS pixel: more nobody sees

export class Chart {
  private readonly canvas = make('canvas');
  private readonly cross = make('div', { class: 'cross', hidden: '' });
  private readonly plot = make('div', { class: 'plot' }, this.canvas, this.cross);
  private readonly legend = new Legend();
  private lines: Line[] = [];
  private frame: Frame = { left: 0, top: MARGIN.top, width: 1, height: 1 };
  private waiting = false;
  private large = false;
  private listed = ''; // what the legend lists
  private pointed: number | null = null; // x of the crosshair

  constructor(
    private readonly place: HTMLElement,
    readonly title: string,
    readonly keys: string[],
    private readonly board: Board,
  ) {
    steer(place, this.plot, board, {
      shown: () => this.shown(),
      across: () => this.across(),
      step: (by) => this.step(by),
      snap: (x) => this.snap(x),
    });
  }

  /** Draws what is known at the next frame; many calls draw once. */
  refresh(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  /** Draws again where there is more or less room than before. */
  resize(): void {
    if (this.lines.length && this.canvas.clientWidth !== this.width()) this.refresh();
  }

  /** Gives up the picture's memory while nobody sees it; its place stays. */
  release(): void {
    this.canvas.width = 0;
  }

  enlarge(large: boolean): void {
    this.large = large;
    this.refresh();
  }

  /** Pixels from side to side: as many points are worth asking for. */
  width(): number {
    return Math.max(160, this.place.clientWidth - 16);
  }

  /** Shows the values nearest to an x; the last ones in view without one. */
  point(x: number | null): void {
    this.pointed = x;
    const { low, high } = this.shown();
    const there = x !== null && x >= low && x <= high;
    this.cross.hidden = !there;
    const places = this.lines.map((line) => (there ? nearest(line.x, x) : lastOf(line, { low, high })));
    const told = there ? x : Math.max(...this.lines.map((line, at) => line.x[places[at] ?? -1] ?? -Infinity));
    this.legend.tell(Number.isFinite(told) ? exactly(told, this.board.view.over) : '–', this.lines, places);
    if (!there) return;
    const [to, up] = [this.across(), this.up()];
    this.cross.style.transform = `translateX(${to.to(x)}px)`;
    const dots = this.lines.flatMap((line, at) => {
      const value = (line.smooth ?? line.y)[places[at] ?? -1] ?? null;
      const place = to.to(line.x[places[at] ?? -1] ?? NaN);
      if (value === null || place < this.frame.left - 1 || place > this.frame.left + this.frame.width + 1) return [];
      const dot = make('i');
      dot.style.transform = `translate(${place - to.to(x)}px, ${up.to(value)}px)`;
      dot.style.backgroundColor = this.style(line).color;
      return [dot];
    });
    this.cross.replaceChildren(...dots);
  }

  /** What is drawn, for a file of its own. */
  picture(): Picture {
    return {
      title: this.title,
      width: 800,
      height: 420,
      x: this.x(700),
      y: this.y(340),
      lines: this.lines.map((line) => ({ line, name: this.look(line).name, ...this.style(line) })),
      colors: { ground: color('--surface'), text: color('--text-2'), grid: color('--line') },
    };
  }

  private draw(): void {
    const { view } = this.board;
    this.lines = this.keys.flatMap((key) => {
      const curve = this.board.curve(key);
      return curve ? [lineOf(curve, { ...view, start: this.board.startOf(key) })] : [];
    });
    if (!this.lines.length) return;
    const labelled = this.board.overlay && this.lines.length <= MOST_LABELS;
    if (this.board.overlay && !labelled) this.lines = this.lines.map((line) => ({ ...line, low: undefined, high: undefined }));
    if (!this.plot.isConnected) this.place.append(this.plot, this.legend.element);
    const context = this.canvas.getContext('2d');
    if (!context) return;
    const [width, height] = [this.width(), this.large ? LARGE_HEIGHT : HEIGHT];
    const y = this.y(height - MARGIN.top - MARGIN.bottom);
    this.scale(context, width, height);
    const labels = Math.max(...y.ticks.map((tick) => context.measureText(tick.label).width), 18);
    const left = Math.ceil(labels) + MARGIN.left;
    const right = MARGIN.right + (labelled ? LABEL_ROOM : 0);
    this.frame = { left, top: MARGIN.top, width: width - left - right, height: height - MARGIN.top - MARGIN.bottom };
    const colors = { text: color('--text-3'), grid: color('--line') };
    const styles = this.lines.map((line) => this.style(line));
    paint(context, { frame: this.frame, x: this.x(this.frame.width), y, lines: this.lines, styles, colors });
    if (labelled) label(context, this.frame, this.ends(), styles, color('--text-2'));
    this.list(styles);
    this.point(this.pointed);
    this.describe();
  }

  /** Makes the canvas as fine as the screen, and empty. */
  private scale(context: CanvasRenderingContext2D, width: number, height: number): void {
    const fine = Math.min(devicePixelRatio, SHARPEST);
    Object.assign(this.canvas, { width: Math.round(width * fine), height: Math.round(height * fine) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    context.scale(fine, fine);
    context.font = FONT;
  }

  private list(styles: Style[]): void {
    const over = OVER_WORDS[this.board.view.over];
    const names = this.lines.map((line) => this.look(line).name);
    const listed = JSON.stringify([over, styles, names]);
    if (listed !== this.listed) this.legend.list(over, names, styles);
    this.listed = listed;
  }

  /** The picture in words, for those who do not see it. */
  private describe(): void {
    const words = this.lines.map((line) => {
      const all = { low: -Infinity, high: Infinity };
      const height = heightOf([line], all);
      const last = line.y[lastOf(line, all)] ?? null;
      const { name } = this.look(line);
      if (!height || last === null) return `${name}: nothing that can be drawn`;
      return `${name}: last ${number(last)}, from ${number(height.low)} to ${number(height.high)}`;
    });
    this.place.setAttribute('aria-label', `${this.title} over ${OVER_WORDS[this.board.view.over]}. ${words.join('; ')}.`);
  }

  private style(line: Line): Style {
    const { slot } = this.look(line);
    return { color: color(`--c${1 + (slot % COLORS)}`), dash: DASHES[Math.floor(slot / COLORS) % DASHES.length] };
  }

  private look(line: Line): Look {
    return this.board.lookOf(line.key, this.keys.indexOf(line.key));
  }

  /** Where the lines end within the range on the screen, with what is written there. */
  private ends(): End[] {
    const up = this.up();
    return this.lines.map((line) => {
      const value = (line.smooth ?? line.y)[lastOf(line, this.shown())] ?? null;
      return { text: this.look(line).label, y: value === null ? null : up.to(value) };
    });
  }

  /** The range of x on the screen. */
  private shown(): Range {
    return this.board.view.range ?? across(widthOf(this.lines), this.board.view.logX);
  }

  private across(): Scale {
    return scaleOf({ range: this.shown(), log: this.board.view.logX }, this.frame.left, this.frame.left + this.frame.width);
  }

  private up(): Scale {
    return scaleOf(this.y(this.frame.height), this.frame.top + this.frame.height, this.frame.top);
  }

  private x(width: number): Axis {
    const { over, logX } = this.board.view;
    const range = this.shown();
    const ticks = ticksOver(range, over, logX, Math.max(2, Math.floor(width / TICK_SPACE)));
    return { range, log: logX, ticks, title: OVER_WORDS[over] };
  }

  private y(height: number): Axis {
    const { logY } = this.board.view;
    const range = roomy(heightOf(this.lines, this.shown()), logY);
    const most = Math.max(2, Math.floor(height / LEVEL_SPACE));
    const ticks: Tick[] = logY ? logTicks(range, most) : linearTicks(range, most);
    return { range, log: logY, ticks, title: '' };
  }

  /** The x of a point that is nearest. */
  private snap(x: number): number | null {
    let best: number | null = null;
    for (const line of this.lines) {
      const found = line.x[nearest(line.x, x)];
      if (found !== undefined && (best === null || Math.abs(found - x) < Math.abs(best - x))) best = found;
    }
    return best;
  }

  /** Moves the crosshair to the next point, backwards where `by` is negative. */
  private step(by: number): void {
    const { low, high } = this.shown();
    const from = this.pointed ?? (by > 0 ? -Infinity : Infinity);
    const found = this.lines.flatMap((line) => line.x).filter((x) => x >= low && x <= high && (by > 0 ? x > from : x < from));
    if (found.length) this.board.point(by > 0 ? found.reduce((a, b) => Math.min(a, b)) : found.reduce((a, b) => Math.max(a, b)));
  }
}
