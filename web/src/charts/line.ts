/** From what is known of a metric to what is drawn of it. Pure, so that canvas and SVG show the same. */

import type { Columns, Curve } from './curve';
import type { Over, Range, View } from './view';

type Value = number | null; // null is a gap

export interface Line {
  key: string;
  x: number[]; // never goes back
  y: Value[];
  smooth: Value[] | undefined; // drawn over `y` where there is smoothing
  low: Value[] | undefined; // of each bucket; undefined where every point is itself
  high: Value[] | undefined;
}

/** What a line is drawn with besides its points. */
export interface Drawing extends Pick<View, 'smoothing' | 'logX' | 'logY' | 'over'> {
  start: number; // Unix seconds from which relative time counts
}

export function lineOf(curve: Curve, drawing: Drawing): Line {
  const parts = layers(curve, drawing);
  const points = sorted(parts.flatMap(({ columns, holds }) => pick(columns, drawing, holds)));
  const values = points.map((point) => point.value);
  const draw = (column: number[]): Value[] => column.map((value) => drawable(value, drawing.logY));
  const banded = points.some((point) => point.low < point.high);
  return {
    key: curve.key,
    x: points.map((point) => point.x),
    y: draw(values),
    smooth: drawing.smoothing ? draw(smooth(values, drawing.smoothing)) : undefined,
    low: banded ? draw(points.map((point) => point.low)) : undefined,
    high: banded ? draw(points.map((point) => point.high)) : undefined,
  };
}

/** The metric's x in the units of the charts. */
const place = (columns: Columns, at: number, over: Over, start: number): number =>
  over === 'steps' ? (columns.steps[at] ?? NaN) : (columns.times[at] ?? NaN) - (over === 'relative' ? start : 0);

interface Point {
  x: number;
  value: number;
  low: number;
  high: number;
}

/** The detail where there is one, the overview beside it. */
function layers(curve: Curve, { over }: Drawing): { columns: Columns; holds: (x: number) => boolean }[] {
  const { detail } = curve;
  if (!detail || detail.over !== over) return [{ columns: curve.columns, holds: () => true }];
  const inside = (x: number): boolean => x >= detail.low && x <= detail.high;
  return [
    { columns: curve.columns, holds: (x) => !inside(x) },
    { columns: detail.columns, holds: inside },
  ];
}

function pick(columns: Columns, { over, start, logX }: Drawing, holds: (x: number) => boolean): Point[] {
  const points: Point[] = [];
  for (let at = 0; at < columns.values.length; at++) {
    const x = place(columns, at, over, start);
    if (!Number.isFinite(x) || (logX && x <= 0) || !holds(x)) continue;
    const [value, low, high] = [columns.values[at] ?? NaN, columns.low[at] ?? NaN, columns.high[at] ?? NaN];
    points.push({ x, value, low, high });
  }
  return points;
}

/** In order of x; equal ones stay in the order in which they came. */
function sorted(points: Point[]): Point[] {
  for (let at = 1; at < points.length; at++)
    if ((points[at] as Point).x < (points[at - 1] as Point).x) return points.sort((a, b) => a.x - b.x);
  return points;
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

const drawable = (value: number, log: boolean): Value => (Number.isFinite(value) && (!log || value > 0) ? value : null);

/** First and last x of several lines; null where nothing is drawn. */
export function widthOf(lines: Line[]): Range | null {
  const drawn = lines.filter((line) => line.x.length);
  if (!drawn.length) return null;
  return {
    low: Math.min(...drawn.map((line) => line.x[0] as number)),
    high: Math.max(...drawn.map((line) => line.x.at(-1) as number)),
  };
}

/** What curves span: a bucket has the x of its first point, so the last one ends about one bucket later. */
export function spanOf(curves: Iterable<Curve>, { over, start, logX }: Drawing): Range | null {
  let [least, most] = [Infinity, -Infinity];
  for (const { columns, whole } of curves) {
    const end = columns.values.length - 1;
    for (let at = 0; at <= end; at++) {
      const x = place(columns, at, over, start);
      if (!Number.isFinite(x) || (logX && x <= 0)) continue;
      least = Math.min(least, x);
      most = Math.max(most, x, whole || at < end ? x : 2 * x - place(columns, Math.max(0, at - 1), over, start));
    }
  }
  return least <= most ? { low: least, high: most } : null;
}

/** What several ranges span together; null where there is none. */
export function union(ranges: (Range | null)[]): Range | null {
  const known = ranges.filter((range) => range !== null);
  if (!known.length) return null;
  return { low: Math.min(...known.map(({ low }) => low)), high: Math.max(...known.map(({ high }) => high)) };
}

/** Least and greatest y of several lines within a range of x, bands included; null where nothing is drawn there. */
export function heightOf(lines: Line[], range: Range): Range | null {
  const found = { low: Infinity, high: -Infinity };
  for (const { x, y, smooth, low, high } of lines)
    for (const column of new Set([y, smooth ?? y, low ?? y, high ?? y])) include(found, x, column, range);
  return found.low <= found.high ? found : null;
}

/** Widens `found` to a column's values within the range, and to where its line crosses the range's edges. */
function include(found: Range, x: number[], column: Value[], { low, high }: Range): void {
  const add = (value: number): void => {
    found.low = Math.min(found.low, value);
    found.high = Math.max(found.high, value);
  };
  for (let at = 0; at < x.length; at++) {
    const [place, value] = [x[at] as number, column[at] ?? null];
    if (value === null) continue;
    if (place >= low && place <= high) add(value);
    const [next, after] = [x[at + 1], column[at + 1] ?? null];
    if (next === undefined || after === null) continue;
    for (const edge of [low, high])
      if (place < edge && next > edge) add(value + (after - value) * ((edge - place) / (next - place)));
  }
}

const ROUNDING = 1e-12; // share of a value that computing it may have added: the same value still
const MARGIN = 0.06; // of the values' range, above and below it

/** A range with room around it; a lone value stands in its middle. */
export function roomy(found: Range | null, log: boolean): Range {
  if (!found) return log ? { low: 1, high: 10 } : { low: 0, high: 1 };
  const { low, high } = found;
  const alone = high - low <= ROUNDING * Math.max(Math.abs(low), Math.abs(high));
  if (log) {
    const room = alone ? Math.SQRT2 : (high / low) ** MARGIN;
    return { low: low / room, high: high * room };
  }
  const room = alone ? Math.abs(low) / 2 || 1 : (high - low) * MARGIN;
  // Beyond the largest double there is no room.
  return { low: Math.max(low - room, -Number.MAX_VALUE), high: Math.min(high + room, Number.MAX_VALUE) };
}

/** The range of x that a chart shows: a lone point stands in the middle. */
export function across(found: Range | null, log: boolean): Range {
  if (found && found.low < found.high) return found;
  return roomy(found, log);
}

/** Points with a gap on either side: a path would not show them. */
export const lone = (xs: number[], ys: Value[]): [number, number][] =>
  ys.flatMap((value, at): [number, number][] =>
    value !== null && (ys[at - 1] ?? null) === null && (ys[at + 1] ?? null) === null ? [[xs[at] as number, value]] : [],
  );

/** Where a band is drawn without a gap: pairs of first position and the one after the last. */
export function stretches(lows: Value[], highs: Value[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let at = 0; at <= lows.length; at++) {
    const there = at < lows.length && lows[at] !== null && highs[at] !== null;
    if (there && from < 0) from = at;
    if (!there && from >= 0) {
      found.push([from, at]);
      from = -1;
    }
  }
  return found;
}

/** The place of the last value in a range of x that is no gap; -1 without any. */
export const lastOf = ({ x, y }: Line, { low, high }: Range): number =>
  y.findLastIndex((value, at) => value !== null && (x[at] as number) >= low && (x[at] as number) <= high);

/** The place whose x is nearest, in a column that never goes back; -1 where there is none. */
export function nearest(column: number[], x: number): number {
  let [low, high] = [0, column.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((column[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [column[low - 1], column[low]];
  if (after === undefined) return -1;
  return before !== undefined && x - before <= Math.abs(after - x) ? low - 1 : low;
}
