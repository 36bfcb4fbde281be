/** A histogram: bars on one scale for all steps, or all steps at once as a strip whose colour tells how many. */

import { make } from '../dom';
import { number } from '../format';
import { color, THEME } from '../theme';
import { fetchJson } from './answers';
import { binAt, rebinned, type HistogramJson } from './bins';
import { framesAt, picked } from './frames';
import { ramp } from './ramp';

const HEIGHT_PX = 200;
const PAD = { left: 44, right: 12, top: 10, bottom: 24 };
const STRIP_COLUMNS = 128;
const STRIP_STEPS = 100;

const drawn = new WeakMap<HTMLElement, HistogramView>();

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const found = await fetchJson<HistogramJson>(address);
  let view = drawn.get(place);
  if (!view) drawn.set(place, (view = new HistogramView(place)));
  view.show(found);
}

class HistogramView {
  private readonly canvas = make('canvas', { role: 'img', tabindex: '0' });
  private readonly said = make('span', { class: 'small muted num', 'aria-live': 'polite' });
  private data: HistogramJson = { edges: [0, 1], counts: [0], nan: 0, inf: 0 };
  private strip: { steps: number[]; rows: number[][] } | undefined;
  private overSteps = false;
  private marked = -1;
  private readonly shown = new ResizeObserver(() => this.paint());

  constructor(private readonly place: HTMLElement) {
    const under = make('div', { class: 'under' }, this.said);
    if (place.dataset.over) under.append(this.switch(place.dataset.over));
    place.replaceChildren(this.canvas, under);
    this.canvas.addEventListener('pointermove', (event) => this.point(event));
    this.canvas.addEventListener('pointerleave', () => this.mark(-1));
    this.canvas.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (!by || this.overSteps) return;
      event.preventDefault();
      this.mark(Math.max(0, Math.min(this.data.counts.length - 1, this.marked + by)));
    });
    addEventListener(THEME, () => this.paint());
    this.shown.observe(this.canvas);
  }

  show(data: HistogramJson): void {
    this.data = data;
    const total = data.counts.reduce((sum, count) => sum + count, 0);
    const range = `from ${number(data.edges[0] ?? 0)} to ${number(data.edges.at(-1) ?? 0)}`;
    const label = `${this.place.dataset.label ?? 'Histogram'}: ${number(total)} values ${range}`;
    this.canvas.setAttribute('aria-label', `${label}. Arrow keys go through the bins.`);
    this.mark(-1);
  }

  private get low(): number {
    return Number(this.place.dataset.low ?? this.data.edges[0]);
  }

  private get high(): number {
    return Number(this.place.dataset.high ?? this.data.edges.at(-1));
  }

  /** A button that shows all steps at once. */
  private switch(address: string): HTMLElement {
    const button = make('button', { class: 'btn small', type: 'button', 'aria-pressed': 'false' }, 'Over steps');
    button.addEventListener('click', async () => {
      this.overSteps = !this.overSteps;
      button.setAttribute('aria-pressed', String(this.overSteps));
      if (this.overSteps && !this.strip) this.strip = await this.gather(address).catch(() => undefined);
      this.mark(-1);
    });
    return button;
  }

  private async gather(address: string): Promise<{ steps: number[]; rows: number[][] }> {
    this.said.textContent = 'Reading the steps …';
    const frames = await framesAt(address);
    const some = picked(frames.length, STRIP_STEPS).flatMap((at) => frames[at] ?? []);
    const found = await Promise.all(some.map((frame) => fetchJson<HistogramJson>(frame.parts[0]?.url ?? '')));
    const rows = found.map((one) => rebinned(one, this.low, this.high, STRIP_COLUMNS));
    return { steps: some.map((frame) => frame.step ?? 0), rows };
  }

  private point({ offsetX }: PointerEvent): void {
    const width = this.canvas.clientWidth - PAD.left - PAD.right;
    const value = this.low + ((offsetX - PAD.left) / width) * (this.high - this.low);
    this.mark(this.overSteps ? -1 : binAt(this.data.edges, value));
  }

  private mark(bin: number): void {
    this.marked = bin;
    const { edges, counts, nan, inf } = this.data;
    const beside = [nan && `${number(nan)} NaN`, inf && `${number(inf)} infinite`].filter(Boolean).join(', ');
    const all = `${number(counts.reduce((sum, count) => sum + count, 0))} values${beside ? `, beside them ${beside}` : ''}`;
    const one = `${number(edges[bin] ?? 0)} to ${number(edges[bin + 1] ?? 0)}: ${number(counts[bin] ?? 0)}`;
    const steps = this.strip?.steps;
    this.said.textContent =
      this.overSteps && steps ? `steps ${number(steps[0] ?? 0)} (top) to ${number(steps.at(-1) ?? 0)}` : bin < 0 ? all : one;
    this.paint();
  }

  private paint(): void {
    const { canvas } = this;
    const width = canvas.clientWidth;
    if (!width) return;
    const scale = Math.min(devicePixelRatio, 2);
    Object.assign(canvas, { width: width * scale, height: HEIGHT_PX * scale });
    const context = canvas.getContext('2d');
    if (!context) return;
    context.scale(scale, scale);
    context.font = '11px "Inter Variable", sans-serif';
    context.fillStyle = color('--text-3');
    const inner = { width: width - PAD.left - PAD.right, height: HEIGHT_PX - PAD.top - PAD.bottom };
    this.axis(context, inner.width);
    if (this.overSteps && this.strip) this.paintStrip(context, inner);
    else this.paintBars(context, inner);
  }

  private axis(context: CanvasRenderingContext2D, width: number): void {
    const ticks = width > 300 ? 4 : 2;
    for (let at = 0; at <= ticks; at++) {
      context.textAlign = at === 0 ? 'left' : at === ticks ? 'right' : 'center';
      const value = this.low + ((this.high - this.low) * at) / ticks;
      context.fillText(number(Number(value.toPrecision(3))), PAD.left + (width * at) / ticks, HEIGHT_PX - 8);
    }
  }

  private paintBars(context: CanvasRenderingContext2D, inner: { width: number; height: number }): void {
    const { edges, counts } = this.data;
    const top = Number(this.place.dataset.top) || Math.max(1, ...counts);
    const span = this.high - this.low || 1;
    const x = (value: number): number => PAD.left + ((value - this.low) / span) * inner.width;
    context.textAlign = 'right';
    for (const share of [0, 0.5, 1]) {
      const y = PAD.top + inner.height * (1 - share);
      context.fillStyle = color('--text-3');
      context.fillText(number(Number((top * share).toPrecision(3))), PAD.left - 6, y + 4);
      context.fillStyle = color('--line');
      context.fillRect(PAD.left, Math.round(y), inner.width, 1);
    }
    counts.forEach((count, at) => {
      const left = x(edges[at] ?? 0);
      const right = x(edges[at + 1] ?? 0);
      const height = (inner.height * count) / top;
      const gap = right - left > 3 ? 1 : 0;
      context.fillStyle = color(at === this.marked ? '--c2' : '--c1');
      context.fillRect(left, PAD.top + inner.height - height, Math.max(0.5, right - left - gap), height);
    });
  }

  private paintStrip(context: CanvasRenderingContext2D, inner: { width: number; height: number }): void {
    const rows = this.strip?.rows ?? [];
    const most = rows.reduce((top, row) => Math.max(top, ...row), 0) || 1;
    const cells = make('canvas');
    Object.assign(cells, { width: STRIP_COLUMNS, height: rows.length });
    const image = new ImageData(STRIP_COLUMNS, rows.length);
    rows.forEach((row, y) =>
      row.forEach((count, at) => image.data.set(count ? ramp(count / most) : [0, 0, 0, 0], 4 * (y * STRIP_COLUMNS + at))),
    );
    cells.getContext('2d')?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(cells, PAD.left, PAD.top, inner.width, inner.height);
    const steps = this.strip?.steps ?? [];
    context.fillStyle = color('--text-3');
    context.textAlign = 'right';
    context.fillText(number(steps[0] ?? 0), PAD.left - 6, PAD.top + 10);
    context.fillText(number(steps.at(-1) ?? 0), PAD.left - 6, PAD.top + inner.height);
  }
}
