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
}

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const found = await fetchJson<ArrayJson>(address);
  const range = [toNumber(found.min), toNumber(found.max)].map(number);
  const low = Number(place.dataset.low ?? toNumber(found.min));
  const high = Number(place.dataset.high ?? toNumber(found.max));
  const label = `${place.dataset.label ?? 'Array'}, ${found.shape.join(' by ')}, from ${range.join(' to ')}`;
  const canvas = make('canvas', { role: 'img', 'aria-label': label });
  const rows = found.data;
  if (Array.isArray(rows[0])) {
    place.replaceChildren(canvas, scale(low, high));
    heatmap(canvas, rows as Figure[][], low, high);
  } else {
    place.replaceChildren(canvas, make('p', { class: 'small muted num pad' }, `min ${range[0]} · max ${range[1]}`));
    const values = (rows as Figure[]).map(toNumber);
    curve(canvas, values, low, high);
    addEventListener(THEME, () => curve(canvas, values, low, high));
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

function curve(canvas: HTMLCanvasElement, values: number[], low: number, high: number): void {
  const width = Math.max(300, canvas.parentElement?.clientWidth ?? 600);
  const height = 200;
  const scale = Math.min(devicePixelRatio, 2);
  Object.assign(canvas, { width: width * scale, height: height * scale });
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  context.strokeStyle = color('--c1');
  context.lineWidth = 1.5;
  context.beginPath();
  const pad = 12;
  let drawing = false;
  values.forEach((value, at) => {
    const x = pad + ((width - 2 * pad) * at) / Math.max(1, values.length - 1);
    const y = height - pad - ((height - 2 * pad) * (value - low)) / (high - low || 1);
    if (!Number.isFinite(y)) drawing = false;
    else if (drawing) context.lineTo(x, y);
    else {
      context.moveTo(x, y);
      drawing = true;
    }
  });
  context.stroke();
}
