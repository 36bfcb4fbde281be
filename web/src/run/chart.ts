/** One chart: some metrics as curves over steps or time, drawn by uPlot. */

import uPlot from 'uplot';
import { number } from '../format';
import { color } from '../theme';
import { clock } from './clock';
import { around, drawable, lastOf, order, smooth, type Curve } from './series';

export interface View {
  smoothing: number; // 0 to below 1
  log: boolean;
  over: 'steps' | 'times';
}

const COLORS = 8;
const HEIGHT = 208;
const MARGIN = 0.1; // of the values' range, above and below it
const PAST_PALETTE = [6, 4]; // dash of the ninth curve and those after it
const FAINT = '40'; // alpha of the unsmoothed curve behind a smoothed one
const WHOLE = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat(); // between steps
const sync = uPlot.sync('run');

export class Chart {
  private plot: uPlot | undefined;
  private zoomed = false;
  private waiting = false;

  constructor(
    private readonly place: HTMLElement,
    readonly keys: string[],
    private readonly curves: Map<string, Curve>,
    private readonly view: View,
  ) {
    place.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      event.preventDefault();
      this.move(event.key === 'ArrowRight' ? 1 : -1);
    });
  }

  /** Draws what is new at the next frame; many calls draw once. */
  refresh(): void {
    if (this.waiting || !this.keys.length) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (!this.plot) this.build();
      else if (!this.zoomed) this.plot.setData(this.data());
      else this.plot.setData(this.data(), false);
    });
  }

  /** Draws everything anew: other colours, another scale, another curve. */
  rebuild(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.zoomed = false;
    this.refresh();
  }

  resize(): void {
    this.plot?.setSize({ width: this.width(), height: HEIGHT });
  }

  /** The picture as it is on the screen. */
  picture(): HTMLCanvasElement | undefined {
    const source = this.plot?.ctx.canvas;
    if (!source) return undefined;
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: source.width, height: source.height });
    const context = canvas.getContext('2d');
    if (context) {
      context.fillStyle = color('--surface');
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(source, 0, 0);
    }
    return canvas;
  }

  private build(): void {
    this.place.replaceChildren();
    this.plot = new uPlot(this.options(), this.data(), this.place);
    this.plot.over.addEventListener('dblclick', () => (this.zoomed = false));
  }

  private width(): number {
    return Math.max(160, this.place.clientWidth - 16);
  }

  private options(): uPlot.Options {
    const grid = { stroke: color('--line'), width: 1 };
    const axis: uPlot.Axis = { stroke: color('--text-3'), grid, ticks: grid, font: '11px "Inter Variable", sans-serif' };
    const size = (_plot: uPlot, values: string[] | null): number =>
      14 + 6.5 * Math.max(3, ...(values ?? []).map((text) => text.length));
    return {
      width: this.width(),
      height: HEIGHT,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false, range: (plot, low, high) => (plot.data[0].length === 1 ? around(plot.data[0][0] ?? null) : [low, high]) },
        y: this.view.log
          ? { distr: 3 }
          : { range: (_plot, low, high) => (low === high ? around(low) : uPlot.rangeNum(low, high, MARGIN, true)) },
      },
      axes: [
        { ...axis, size: 30, ...(this.view.over === 'steps' && { incrs: WHOLE }), values: (_plot, splits) => splits.map((value) => this.at(value)) },
        { ...axis, size, values: (_plot, splits) => splits.map((value) => (value === null ? '' : number(value))) },
      ],
      series: [
        {
          label: this.view.over === 'steps' ? 'step' : 'time',
          value: (plot, _value, _series, at) => this.at(shown(plot, 0, at)),
        },
        ...this.lines(),
      ],
      hooks: { setSelect: [(plot) => (this.zoomed = plot.select.width > 0 || this.zoomed)] },
    };
  }

  private lines(): uPlot.Series[] {
    return this.keys.flatMap((key, at): uPlot.Series[] => {
      const stroke = color(`--c${1 + (at % COLORS)}`);
      const alone = (this.curves.get(key)?.values.length ?? 0) === 1;
      const line: uPlot.Series = {
        label: key,
        stroke,
        width: 1.75,
        points: alone ? { show: true, size: 6, fill: stroke } : { show: false },
        spanGaps: this.keys.length > 1, // curves logged at different steps share one column of steps
        value: (plot, _value, series, at) => {
          const value = shown(plot, series, at);
          return value === null ? '–' : number(value);
        },
      };
      if (at >= COLORS) line.dash = PAST_PALETTE;
      if (!this.view.smoothing) return [line];
      return [{ ...line, label: `${key} raw`, stroke: fainter(stroke), width: 1 }, line];
    });
  }

  private at(value: number | null): string {
    if (value === null) return '–';
    return this.view.over === 'steps' ? number(value) : clock(value);
  }

  private data(): uPlot.AlignedData {
    const tables = this.keys.map((key) => this.table(this.curves.get(key)));
    return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables);
  }

  private table(curve: Curve | undefined): uPlot.AlignedData {
    if (!curve) return this.view.smoothing ? [[], [], []] : [[], []];
    const first = Math.min(...[...this.curves.values()].map((each) => each.times[0] ?? Infinity));
    let x = this.view.over === 'steps' ? curve.steps : curve.times.map((time) => time - first);
    let { values } = curve;
    const sorted = order(x);
    if (sorted) {
      x = sorted.map((at) => x[at] as number);
      values = sorted.map((at) => values[at] as number);
    }
    const raw = drawable(values, this.view.log);
    if (!this.view.smoothing) return [x, raw];
    return [x, raw, drawable(smooth(values, this.view.smoothing), this.view.log)];
  }

  private move(by: number): void {
    const plot = this.plot;
    const x = plot?.data[0];
    if (!plot || !x?.length) return;
    const at = Math.max(0, Math.min(x.length - 1, (plot.cursor.idx ?? (by > 0 ? -1 : x.length)) + by));
    plot.setCursor({ left: plot.valToPos(x[at] as number, 'x'), top: plot.over.clientHeight / 2 });
  }
}

/** What the legend says of a series: its value under the cursor, its last one where there is no cursor. */
const shown = (plot: uPlot, series: number, at: number | null | undefined): number | null => {
  const column = plot.data[series] ?? [];
  return typeof at === 'number' ? (column[at] ?? null) : lastOf(column);
};

const fainter = (rgb: string): string => {
  const parts = rgb.match(/\d+/g)?.slice(0, 3) ?? ['0', '0', '0'];
  return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}${FAINT}`;
};
