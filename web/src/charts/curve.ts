/** What is known of one metric: an overview of all of it, points that came since, and the range zoomed into. */

import { toNumber, type Figure } from '../format';
import type { Over, Range } from './view';
import type { Series } from './wire';

/** New points as JSON carries them. */
export interface Points {
  steps: number[];
  values: Figure[];
  times: number[];
  count: number; // points of the metric, these included
}

export interface Columns {
  steps: number[];
  times: number[]; // Unix seconds
  values: number[];
  low: number[];
  high: number[];
}

/** A range at a higher resolution than the overview's. */
export interface Detail extends Range {
  over: Over; // units of the range
  columns: Columns;
}

export interface Curve {
  key: string;
  count: number; // points the server had when the last of these came
  grown: number; // points appended since the overview was fetched
  whole: boolean; // the overview is the points themselves, so there is nothing more to see
  columns: Columns;
  detail: Detail | undefined;
}

/** Points of one answer that may have been thinned out: from here on, the curve is fetched anew instead. */
const TRUSTED = 1000;

/** Points a curve may grow by before it is fetched anew. */
const MOST_GROWN = 2000;

export const columnsOf = (series: Series): Columns => ({
  steps: Array.from(series.steps),
  times: Array.from(series.times),
  values: Array.from(series.values),
  low: Array.from(series.low),
  high: Array.from(series.high),
});

export const curveOf = (series: Series): Curve => ({
  key: series.key,
  count: series.count,
  grown: 0,
  whole: series.whole,
  columns: columnsOf(series),
  detail: undefined,
});

/**
 * Appends what is new in a live answer; what the curve has already is passed over.
 *
 * @returns how many points were appended, or "missed" where points came in between, or too many to append
 */
export function append(curve: Curve, points: Points): number | 'missed' {
  const missing = points.count - curve.count;
  const came = points.values.length;
  if (missing <= 0) return 0;
  if (missing > came || came >= TRUSTED || curve.grown + missing > MOST_GROWN) return 'missed';
  const targets = [curve.columns, ...(curve.detail ? [curve.detail.columns] : [])];
  for (let at = came - missing; at < came; at++) {
    const value = toNumber(points.values[at] ?? null);
    for (const columns of targets) {
      columns.steps.push(points.steps[at] ?? NaN);
      columns.times.push(points.times[at] ?? NaN);
      for (const column of [columns.values, columns.low, columns.high]) column.push(value);
    }
  }
  curve.count = points.count;
  curve.grown += missing;
  return missing;
}
