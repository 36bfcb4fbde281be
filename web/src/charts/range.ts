/** Zooming and panning: ranges from ranges. On a log axis, distances are ratios. */

import type { Range } from './view';

interface Axis {
  to(value: number): number;
  from(place: number): number;
}

const LINEAR: Axis = { to: (value) => value, from: (place) => place };
const LOG: Axis = { to: Math.log, from: Math.exp };

/** This share of everything is everything: zooming in and out again does not end on the same digits. */
const ALMOST = 1 - 1e-9;

/** A range can shrink to this share of its own size of numbers: below, doubles run out of digits. */
const LEAST_SHARE = 1e-12;

/**
 * `range` made smaller or larger around a place that stays where it is.
 *
 * @param factor of its size: below 1 zooms in
 * @param share where the fixed place lies, 0 (left edge) to 1
 * @param bounds never left; null where the result would show all of them
 */
export function zoomed(range: Range, factor: number, share: number, bounds: Range, log: boolean): Range | null {
  const { to, from } = log ? LOG : LINEAR;
  const [low, high] = [to(range.low), to(range.high)];
  const size = (high - low) * factor;
  const least = LEAST_SHARE * Math.max(Math.abs(low), Math.abs(high));
  if (!(size > least)) return range;
  const left = low + (high - low - size) * share;
  return within({ low: from(left), high: from(left + size) }, bounds, log);
}

/** `range` moved by a share of its size, positive to the right. */
export function panned(range: Range, share: number, bounds: Range, log: boolean): Range | null {
  const { to, from } = log ? LOG : LINEAR;
  const shift = (to(range.high) - to(range.low)) * share;
  return within({ low: from(to(range.low) + shift), high: from(to(range.high) + shift) }, bounds, log);
}

/** `range` moved, and where it is larger cut, so that it lies within the bounds; null where it covers them. */
export function within(range: Range, bounds: Range, log: boolean): Range | null {
  const { to, from } = log ? LOG : LINEAR;
  const [least, most] = [to(bounds.low), to(bounds.high)];
  const [low, high] = [to(range.low), to(range.high)];
  if (high - low >= (most - least) * ALMOST) return null;
  if (low < least) return { low: bounds.low, high: from(least + high - low) };
  if (high > most) return { low: from(most - (high - low)), high: bounds.high };
  return range;
}
