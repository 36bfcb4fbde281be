/** A numeric array: a heatmap for two dimensions, a curve for one; all steps of one thing on one scale. */

import { make } from '../dom';
import { number, toNumber, type Figure } from '../format';
import { color, THEME } from '../theme';
import { fetchJson } from './answers';
import { ramp } from './ramp';

interface ArrayJson {
  shape: number[];
  dtype: string;
  min: Figure;
  max: Figure;
  data: Figure[] | Figure[][];
  x?: number[]; // where the points of a long curve lie
}

const HEIGHT_PX = 200;
const PAD = { left: 52, right: 12, top: 10, bottom: 22 };

const drawn = new WeakMap<HTMLElement, AbortController>();

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const found = await fetchJson<ArrayJson>(address);
  drawn.get(place)?.abort(); // what was drawn here before listens no longer
  const listening = new AbortController();
  drawn.set(place, listening);
  const range = [toNumber(found.min), toNumber(found.max)].map(number);
  const low = Number(place.dataset.low ?? toNumber(found.min));
  const high = Number(place.dataset.high ?? toNumber(found.max));
  const label = `${place.dataset.label ?? 'Array'}, ${found.shape.join(' by ')}, from ${range.join(' to ')}`;
  const canvas = make('canvas', { role: 'img', 'aria-label': label });
  const rows = found.data;
  if (Array.isArray(rows[0])) {
    const said = make('span', { class: 'small muted num' }, `min ${range[0]} · max ${range[1]}`);
    place.replaceChildren(canvas, scale(low, high), make('p', { class: 'under' }, said));
    heatmap(canvas, rows as Figure[][], low, high);
    tellCells(canvas, rows as Figure[][], found.shape, said);
  } else {
    const said = make('span', { class: 'small muted num' }, `min ${range[0]} · max ${range[1]}`);
    place.replaceChildren(canvas, make('p', { class: 'under' }, said));
    const values = (rows as Figure[]).map(toNumber);
    const paint = (): void => curve(canvas, values, low, high, found.shape[0] ?? values.length);
    paint();
    addEventListener(THEME, paint, { signal: listening.signal });
    const sizes = new ResizeObserver(paint);
    sizes.observe(canvas);
    listening.signal.addEventListener('abort', () => sizes.disconnect());
    tellPoints(canvas, values, found.x, said);
  }
}

/** The ramp with the values at its ends. */
function scale(low: number, high: number): HTMLElement {
  const steps = 64;
  const canvas = make('canvas', { 'aria-hidden': 'true' });
  heatmap(canvas, [Array.from({ length: steps }, (_, at) => at / (steps - 1))], 0, 1);
  return make('p', { class: 'scale small muted num' }, number(low), canvas, number(high));
}

function heatmap(canvas: HTMLCanvasElement, rows: Figure[][], low: number, high: number): void {
  const height = rows.length;
  const width = rows[0]?.length ?? 0;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (!context || !width) return;
  const image = context.createImageData(width, height);
  rows.forEach((row, y) =>
    row.forEach((value, x) => image.data.set(ramp((toNumber(value) - low) / (high - low || 1)), 4 * (y * width + x))),
  );
  context.putImageData(image, 0, 0);
}

/** Says the value below the pointer; the canvas keeps its cells' proportions within its box. */
function tellCells(canvas: HTMLCanvasElement, rows: Figure[][], shape: number[], said: HTMLElement): void {
  const before = said.textContent ?? '';
  canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    const zoom = Math.min(canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height);
    const x = Math.floor((offsetX - (canvas.clientWidth - canvas.width * zoom) / 2) / zoom);
    const y = Math.floor((offsetY - (canvas.clientHeight - canvas.height * zoom) / 2) / zoom);
    const value = rows[y]?.[x];
    if (value === undefined) return;
    const place = (at: number, cells: number, size = cells): string => {
      const from = Math.floor((at * size) / cells);
      const to = Math.floor(((at + 1) * size) / cells) - 1;
      return to > from ? `${from}–${to}` : String(from);
    };
    const where = `row ${place(y, canvas.height, shape[0])}, column ${place(x, canvas.width, shape[1])}`;
    said.textContent = `${where}: ${number(toNumber(value))}`;
  });
  canvas.addEventListener('pointerleave', () => (said.textContent = before));
}

function curve(canvas: HTMLCanvasElement, values: number[], low: number, high: number, count: number): void {
  const width = canvas.parentElement?.clientWidth ?? 600;
  const scale = Math.min(devicePixelRatio, 2);
  if (canvas.width !== width * scale) Object.assign(canvas, { width: width * scale, height: HEIGHT_PX * scale });
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, HEIGHT_PX);
  const inner = { width: width - PAD.left - PAD.right, height: HEIGHT_PX - PAD.top - PAD.bottom };
  const y = (value: number): number => PAD.top + inner.height * (1 - (value - low) / (high - low || 1));
  context.font = '11px "Inter Variable", sans-serif';
  context.textAlign = 'right';
  for (const value of [low, (low + high) / 2, high]) {
    context.fillStyle = color('--text-3');
    context.fillText(number(Number(value.toPrecision(3))), PAD.left - 6, y(value) + 4);
    context.fillStyle = color('--line');
    context.fillRect(PAD.left, Math.round(y(value)), inner.width, 1);
  }
  context.fillStyle = color('--text-3');
  context.fillText(number(count - 1), PAD.left + inner.width, HEIGHT_PX - 6);
  context.textAlign = 'left';
  context.fillText('0', PAD.left, HEIGHT_PX - 6);
  context.strokeStyle = color('--c1');
  context.lineWidth = 1.5;
  context.beginPath();
  let drawing = false;
  values.forEach((value, at) => {
    const x = PAD.left + (inner.width * at) / Math.max(1, values.length - 1);
    if (!Number.isFinite(value)) drawing = false;
    else if (drawing) context.lineTo(x, y(value));
    else {
      context.moveTo(x, y(value));
      drawing = true;
    }
  });
  context.stroke();
}

/** Says the value at the pointer. */
function tellPoints(canvas: HTMLCanvasElement, values: number[], at: number[] | undefined, said: HTMLElement): void {
  const before = said.textContent ?? '';
  canvas.addEventListener('pointermove', ({ offsetX }) => {
    const share = (offsetX - PAD.left) / (canvas.clientWidth - PAD.left - PAD.right);
    const point = Math.round(share * (values.length - 1));
    const value = values[point];
    if (value !== undefined) said.textContent = `${number(at?.[point] ?? point)}: ${number(value)}`;
  });
  canvas.addEventListener('pointerleave', () => (said.textContent = before));
}
