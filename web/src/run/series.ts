/** Curves as columns: appending, thinning, smoothing. Pure, so that tests need no browser. */

import { toNumber } from '../format';
import type { Points } from './live';

export interface Curve {
  steps: number[];
  times: number[];
  values: number[];
}

/** Points a curve may have before it is thinned. */
export const MOST_POINTS = 4000;

export const emptyCurve = (): Curve => ({ steps: [], times: [], values: [] });

/** Adds points as JSON carries them. */
export function append(curve: Curve, points: Points): void {
  for (let i = 0; i < points.values.length; i++) {
    curve.steps.push(points.steps[i] ?? i);
    curve.times.push(points.times[i] ?? 0);
    curve.values.push(toNumber(points.values[i] ?? null));
  }
  while (curve.values.length > MOST_POINTS) thin(curve);
}

/** Halves a curve in place: of every four points the lowest and the highest stay, so that spikes stay visible. */
export function thin(curve: Curve): void {
  const kept: number[] = [];
  const total = curve.values.length;
  for (let start = 0; start < total; start += 4) {
    const [low, high] = extremes(curve.values, start, Math.min(start + 4, total));
    if (low === high) kept.push(low);
    else kept.push(Math.min(low, high), Math.max(low, high));
  }
  for (const column of [curve.steps, curve.times, curve.values]) {
    kept.forEach((from, to) => (column[to] = column[from] as number));
    column.length = kept.length;
  }
}

function extremes(values: number[], start: number, end: number): [low: number, high: number] {
  let low = start;
  let high = start;
  for (let i = start + 1; i < end; i++) {
    const value = values[i] as number;
    if (value < (values[low] as number) || Number.isNaN(values[low])) low = i;
    if (value > (values[high] as number) || Number.isNaN(values[high])) high = i;
  }
  return [low, high];
}

/**
 * Exponential moving average, corrected for its start (Kingma and Ba 2015, section 3); gaps stay gaps.
 *
 * @param weight share of the past, 0 (none) to below 1
 */
export function smooth(values: number[], weight: number): number[] {
  let average = 0;
  let correction = 1;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    average = weight * average + (1 - weight) * value;
    correction *= weight;
    return average / (1 - correction);
  });
}

/** A column for uPlot: what cannot be drawn is a gap. */
export const drawable = (values: number[], log: boolean): (number | null)[] =>
  values.map((value) => (Number.isFinite(value) && (!log || value > 0) ? value : null));

/** The last value of a column that is not a gap. */
export function lastOf(column: ArrayLike<number | null | undefined>): number | null {
  for (let at = column.length - 1; at >= 0; at--) {
    const value = column[at];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** The range of an axis around a lone value, which stands in its middle. */
export function around(value: number | null): [number | null, number | null] {
  if (value === null || !Number.isFinite(value)) return [null, null];
  const room = Math.abs(value) / 2 || 1;
  return [value - room, value + room];
}

/** A column that never goes back, as uPlot needs it: the order in which points sort by `x`. */
export function order(x: number[]): number[] | undefined {
  for (let i = 1; i < x.length; i++)
    if ((x[i] as number) < (x[i - 1] as number))
      return x.map((_, at) => at).sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
  return undefined;
}
