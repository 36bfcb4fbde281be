/** One chart: some metrics as lines over steps or time, drawn by uPlot, with their bands behind them. */

import uPlot from 'uplot';
import { number } from '../format';
import { color } from '../theme';
import type { Curve } from './curve';
import { across, heightOf, lineOf, lone, roomy, stretches, widthOf, type Line } from './line';
import { steer } from './steering';
import type { Picture } from './svg';
import { exactly, linearTicks, logTicks, ticksOver, type Tick } from './ticks';
import type { Range, View } from './view';

/** What the charts of a page share. */
export interface Board {
  readonly view: View;
  readonly start: number; // Unix seconds from which relative time counts
  curve(key: string): Curve | undefined;
  /** Shows this range in all charts; null shows everything. */
  zoom(range: Range | null): void;
  /** What all charts together span. */
  bounds(): Range | null;
}

export const OVER_WORDS = { steps: 'step', times: 'time', relative: 'time since the start' } as const;

const COLORS = 8;
const HEIGHT = 208; // px
const LARGE_HEIGHT = 440;
const PAST_PALETTE = [6, 4]; // dash of the ninth curve and those after it
const FAINT = 0.3; // alpha of the curve behind a smoothed one
const BAND = 0.2; // alpha of a band
const EDGE = 0.4; // of its edges, so that a spike of one bucket is seen
const TICK_SPACE = 76; // px that a tick of x takes
const LEVEL_SPACE = 34; // of y
const SYNC = 'flasklab';
const MOVES = new Set(['mousemove', 'mouseleave']); // of the pointer, which all charts follow

export class Chart {
  private plot: uPlot | undefined;
  private lines: Line[] = [];
  private drawnAs = ''; // what the plot was built for
  private waiting = false;
  private large = false;

  constructor(
    private readonly place: HTMLElement,
    readonly title: string,
    readonly keys: string[],
    private readonly board: Board,
  ) {
    steer(place, board, {
      plot: () => this.plot,
      shown: () => this.shown(),
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

  /** Draws everything anew, in other colours. */
  rebuild(): void {
    this.drawnAs = '';
    this.refresh();
  }

  resize(): void {
    if (this.plot && this.plot.width !== this.width()) this.plot.setSize({ width: this.width(), height: this.height() });
  }

  enlarge(large: boolean): void {
    this.large = large;
    this.plot?.setSize({ width: this.width(), height: this.height() });
  }

  /** Pixels from side to side: as many points are worth asking for. */
  width(): number {
    return Math.max(160, this.place.clientWidth - 16);
  }

  /** What is drawn, for a file of its own. */
  picture(): Picture {
    const { view } = this.board;
    const [x, y] = [this.shown(), this.levels()];
    return {
      title: this.title,
      width: 800,
      height: 420,
      x: { range: x, log: view.logX, ticks: this.ticks(x, 700), title: OVER_WORDS[view.over] },
      y: { range: y, log: view.logY, ticks: this.marks(y, 340), title: '' },
      lines: this.lines.map((line, at) => {
        const { stroke, dash } = styleOf(this.keys.indexOf(line.key));
        return { line, name: this.keys[at] ?? line.key, color: stroke, dash };
      }),
      colors: { ground: color('--surface'), text: color('--text-2'), grid: color('--line') },
    };
  }

  private draw(): void {
    const { view, start } = this.board;
    const drawing = { ...view, start };
    this.lines = this.keys.flatMap((key) => {
      const curve = this.board.curve(key);
      return curve ? [lineOf(curve, drawing)] : [];
    });
    if (!this.lines.length) return;
    const options = [view.smoothing > 0, view.logX, view.logY, view.over, this.lines.map((line) => line.key)];
    const drawnAs = JSON.stringify(options);
    if (this.plot && drawnAs === this.drawnAs) {
      const { plot } = this;
      const { low: min, high: max } = this.shown();
      plot.batch(() => {
        plot.setData(this.data(), false);
        plot.setScale('x', { min, max });
      });
    } else {
      this.drawnAs = drawnAs;
      this.plot?.destroy();
      this.place.replaceChildren();
      this.plot = new uPlot(this.options(), this.data(), this.place);
    }
    this.describe();
  }

  /** The picture in words, for those who do not see it. */
  private describe(): void {
    const words = this.lines.map((line) => {
      const height = heightOf([line], { low: -Infinity, high: Infinity });
      const last = line.y.findLast((value) => value !== null) ?? null;
      if (!height || last === null) return `${line.key}: nothing that can be drawn`;
      return `${line.key}: last ${number(last)}, from ${number(height.low)} to ${number(height.high)}`;
    });
    this.place.setAttribute('aria-label', `${this.title} over ${OVER_WORDS[this.board.view.over]}. ${words.join('; ')}.`);
  }

  private height(): number {
    return this.large ? LARGE_HEIGHT : HEIGHT;
  }

  /** The range of x on the screen. */
  private shown(): Range {
    return this.board.view.range ?? across(widthOf(this.lines), this.board.view.logX);
  }

  private levels(): Range {
    return roomy(heightOf(this.lines, this.shown()), this.board.view.logY);
  }

  private ticks(range: Range, width: number): Tick[] {
    return ticksOver(range, this.board.view.over, this.board.view.logX, Math.max(2, Math.floor(width / TICK_SPACE)));
  }

  private marks(range: Range, height: number): Tick[] {
    const most = Math.max(2, Math.floor(height / LEVEL_SPACE));
    return this.board.view.logY ? logTicks(range, most) : linearTicks(range, most);
  }

  private data(): uPlot.AlignedData {
    const tables = this.lines.map(({ x, y, smooth }): uPlot.AlignedData => (smooth ? [x, y, smooth] : [x, y]));
    return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables);
  }

  private options(): uPlot.Options {
    const { view } = this.board;
    const pair = ({ low, high }: Range): uPlot.Range.MinMax => [low, high];
    return {
      width: this.width(),
      height: this.height(),
      padding: [8, 10, 0, 0],
      cursor: {
        y: false,
        sync: { key: SYNC, scales: ['x', null], setSeries: false, filters: { pub: (type) => MOVES.has(type) } },
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
        bind: { dblclick: () => () => (this.board.zoom(null), null) },
      },
      scales: {
        x: { time: false, distr: view.logX ? 3 : 1, range: () => pair(this.shown()) },
        y: { distr: view.logY ? 3 : 1, range: () => pair(this.levels()) },
      },
      axes: [
        axis(() => 30, (plot, low, high) => this.ticks({ low, high }, plot.over.clientWidth || this.width())),
        axis(sizeOf, (_plot, low, high) => this.marks({ low, high }, this.height() - 30)),
      ],
      series: [
        {
          label: OVER_WORDS[view.over],
          value: (plot, _value, _series, at) => {
            const x = plot.data[0][at ?? plot.data[0].length - 1];
            return x === undefined ? '–' : exactly(x, view.over);
          },
        },
        ...this.lines.flatMap((line) => this.series(line)),
      ],
      hooks: {
        drawAxes: [(plot) => this.drawBands(plot)],
        draw: [(plot) => this.drawLone(plot)],
        setSelect: [(plot) => this.choose(plot)],
      },
    };
  }

  private series(line: Line): uPlot.Series[] {
    const { stroke, dash } = styleOf(this.keys.indexOf(line.key));
    const main: uPlot.Series = {
      label: line.key,
      stroke,
      width: 1.75,
      points: { show: false },
      pxAlign: 0, // rounded to pixels, a slope is a staircase
      value: (plot, _value, series, at) => this.told(plot, line.key, series, at),
    };
    if (dash) main.dash = [...dash];
    if (!line.smooth) return [main];
    return [{ ...main, class: 'behind', label: `${line.key} as logged`, width: 1, alpha: FAINT }, main];
  }

  /** A line's value under the cursor, its last one where there is none; with the extremes that it stands for. */
  private told(plot: uPlot, key: string, series: number, at: number | null): string {
    const column = plot.data[series] ?? [];
    const found = at ?? column.findLastIndex((value) => typeof value === 'number');
    const value = column[found];
    if (typeof value !== 'number') return '–';
    const line = this.lines.find((each) => each.key === key);
    const x = plot.data[0][found];
    const own = line && x !== undefined ? position(line.x, x) : -1;
    const [low, high] = [line?.low?.[own], line?.high?.[own]];
    if (typeof low !== 'number' || typeof high !== 'number' || low === high) return number(value);
    return `${number(value)} (${number(low)} to ${number(high)})`;
  }

  private drawBands(plot: uPlot): void {
    const { ctx } = plot;
    ctx.save();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    for (const { key, x, low, high } of this.lines) {
      if (!low || !high) continue;
      ctx.fillStyle = ctx.strokeStyle = styleOf(this.keys.indexOf(key)).stroke;
      ctx.lineWidth = devicePixelRatio / 2;
      for (const [from, to] of stretches(low, high)) {
        const shown = visible(x, from, to, this.shown());
        const move = (values: (number | null)[], at: number): void =>
          ctx.lineTo(plot.valToPos(x[at] as number, 'x', true), plot.valToPos(values[at] as number, 'y', true));
        ctx.beginPath();
        for (let at = shown[0]; at < shown[1]; at++) move(high, at);
        for (let at = shown[1] - 1; at >= shown[0]; at--) move(low, at);
        ctx.globalAlpha = BAND;
        ctx.fill();
        ctx.globalAlpha = EDGE;
        ctx.stroke();
      }
    }
    ctx.restore();
  }

  /** Points between gaps, which no line leads to. */
  private drawLone(plot: uPlot): void {
    const { ctx } = plot;
    ctx.save();
    const { low, high } = this.shown();
    for (const { key, x, y, smooth } of this.lines) {
      ctx.fillStyle = styleOf(this.keys.indexOf(key)).stroke;
      for (const [at, value] of lone(x, smooth ?? y)) {
        if (at < low || at > high) continue;
        ctx.beginPath();
        ctx.arc(plot.valToPos(at, 'x', true), plot.valToPos(value, 'y', true), 3 * devicePixelRatio, 0, 2 * Math.PI);
        ctx.fill();
      }
    }
    ctx.restore();
  }

  /** Zooms to what was dragged over. */
  private choose(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 1) return;
    const range = { low: plot.posToVal(left, 'x'), high: plot.posToVal(left + width, 'x') };
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (range.low < range.high) this.board.zoom(range);
  }
}

function styleOf(at: number): { stroke: string; dash: readonly number[] | undefined } {
  return { stroke: color(`--c${1 + (at % COLORS)}`), dash: at >= COLORS ? PAST_PALETTE : undefined };
}

/** An axis with ticks of our own: uPlot asks for distances of them only to know that there are some. */
function axis(size: uPlot.Axis.Size, ticks: (plot: uPlot, low: number, high: number) => Tick[]): uPlot.Axis {
  const grid = { stroke: color('--line'), width: 1 };
  let labels: string[] = [];
  return {
    stroke: color('--text-3'),
    grid,
    ticks: grid,
    font: '11px "Inter Variable", sans-serif',
    size,
    space: 1,
    incrs: (_plot, _axis, low, high) => [Math.max(5, high - low)],
    splits: (plot, _axis, low, high) => {
      const found = ticks(plot, low, high);
      labels = found.map((tick) => tick.label);
      return found.map((tick) => tick.at);
    },
    values: () => labels,
    filter: (_plot, splits) => splits,
  };
}

const sizeOf = (_plot: uPlot, labels: string[] | null): number =>
  14 + 6.5 * Math.max(3, ...(labels ?? []).map((text) => text.length));

/** Where `x` stands in a column that never goes back; -1 where it does not. */
function position(column: number[], x: number): number {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((column[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return column[low] === x ? low : -1;
}

/** What of a stretch is in view, with one more place on either side. */
function visible(x: number[], from: number, to: number, { low, high }: Range): [from: number, to: number] {
  let [first, last] = [from, to];
  while (first + 1 < last && (x[first + 1] as number) < low) first += 1;
  while (last - 1 > first && (x[last - 2] as number) > high) last -= 1;
  return [first, last];
}
