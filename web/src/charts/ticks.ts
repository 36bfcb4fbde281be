/** Where an axis has its ticks, and what they say. Pure, so that canvas and SVG have the same axes. */

import { clock } from './clock';
import type { Over, Range } from './view';

export interface Tick {
  at: number;
  label: string; // "" for a line without a word
}

/** Steps of clocks and calendars that read well, in seconds. */
const MILLI = 1e-3;
const TINY = 5e-7; // Unix seconds as doubles are about this coarse: a tick may lie so much below what it stands for
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPANS = [1, 2, 5, 10, 15, 30]
  .concat([1, 2, 5, 10, 15, 30].map((span) => span * MINUTE))
  .concat([1, 2, 3, 6, 12].map((span) => span * HOUR))
  .concat([1, 2, 7, 14, 28].map((span) => span * DAY));

/** Large numbers are written in the largest unit that the distance of the ticks allows. */
const UNITS: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const UNITS_FROM = 1e4;
const MOST = 1000; // ticks of an axis
const SMALL = 1e-4; // below, numbers are written with exponents
const LARGE = 1e15;
const FEW_DECADES = 1; // on less, a log axis has the ticks of a linear one

/** The ticks of an axis of x: at most about `most`. */
export function ticksOver(range: Range, over: Over, log: boolean, most: number): Tick[] {
  if (log) return logTicks(range, most);
  if (over === 'steps') return linearTicks(range, most, 1);
  const step = timeStep((range.high - range.low) / most);
  // Days begin at midnight where the reader is.
  const shift = over === 'times' ? new Date(range.low * 1000).getTimezoneOffset() * MINUTE : 0;
  const seconds = multiples({ low: range.low - shift, high: range.high - shift }, step).map((at) => at + shift);
  return seconds.map((at) => ({ at, label: over === 'times' ? moment(at, step) : since(at, step) }));
}

/** Multiples of 1, 2 or 5 times a power of ten, at least `least` apart. */
export function linearTicks(range: Range, most: number, least = 0): Tick[] {
  const step = Math.max(least, niceStep((range.high - range.low) / most));
  const largest = Math.max(Math.abs(range.low), Math.abs(range.high));
  return multiples(range, step).map((at) => ({ at, label: written(at, step, largest) }));
}

/** Powers of ten, with 2 and 5 between them where there is room; linear ticks on less than a decade. */
export function logTicks(range: Range, most: number): Tick[] {
  const [low, high] = [Math.log10(range.low), Math.log10(range.high)];
  if (high - low < FEW_DECADES) return linearTicks(range, most).filter((tick) => tick.at > 0);
  const every = Math.max(1, Math.ceil((high - low) / most));
  const digits = (high - low) * 3 <= most ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let power = Math.floor(low); power <= high; power++)
    for (const digit of digits) {
      const at = digit * 10 ** power;
      if (at < range.low || at > range.high || power % every !== 0) continue;
      ticks.push({ at, label: power >= -4 && power < 6 ? written(at, 10 ** Math.min(0, power), at) : `${digit}e${power}` });
    }
  return ticks;
}

/** The x under the cursor, with every digit that counts. */
export function exactly(x: number, over: Over): string {
  if (over === 'steps') return Number.isInteger(x) ? x.toLocaleString('en') : String(x);
  return over === 'relative' ? since(x, MILLI) : moment(x, MILLI, true);
}

function multiples({ low, high }: Range, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Where doubles are coarser than the ticks, there are none to be told apart.
  if (!(last - first < MOST && Math.abs(last) < Number.MAX_SAFE_INTEGER)) return [];
  // A power of ten below one is no exact double: dividing by its inverse is.
  const inverse = step < 1 ? Math.round(1 / step) : 0;
  const found: number[] = [];
  for (let at = first; at <= last; at++) found.push((inverse ? at / inverse : at * step) || 0);
  return found;
}

/** The least of 1, 2, 5 times a power of ten that is not below `rough`. */
function niceStep(rough: number): number {
  if (!(rough > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5].find((found) => found * power >= rough * (1 - 1e-9)) ?? 10;
  return digit * power;
}

const timeStep = (rough: number): number =>
  rough <= 1 ? niceStep(rough) : (SPANS.find((span) => span >= rough) ?? DAY * Math.ceil(niceStep(rough / DAY)));

/** A tick's number with as many digits as the distance of the ticks asks for. */
function written(value: number, step: number, largest: number): string {
  if (value === 0) return '0';
  if (largest >= LARGE || largest < SMALL) {
    const digits = Math.max(0, Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(step) + 1e-9));
    const [mantissa = '', exponent = '0'] = value.toExponential(Math.min(digits, 15)).split('e');
    return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${Number(exponent)}`;
  }
  const [unit, word] = (largest >= UNITS_FROM && UNITS.find(([found]) => step >= found)) || [1, ''];
  const digits = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  return (value / unit).toLocaleString('en', { minimumFractionDigits: 0, maximumFractionDigits: digits }) + word;
}

/** Time since the start, in fractions of a second where ticks are that close and it is short. */
const since = (seconds: number, step: number): string =>
  step < 1 && Math.abs(seconds) < MINUTE ? `${Number(seconds.toFixed(decimals(step)))} s` : clock(seconds);

/** Digits after the point that tell multiples of a step apart; clocks have a microsecond at most. */
const decimals = (step: number): number => (step < 1 ? Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)) : 0);

/** A moment as clocks here show it: with seconds where they differ, as a date where only days do. */
function moment(exact: number, step: number, full = false): string {
  const seconds = exact + TINY;
  const at = new Date(seconds * 1000);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  // Cut off, not rounded: the second before is another label.
  const part = String((seconds % 1).toFixed(9)).slice(1, step < 1 ? 2 + decimals(step) : 1);
  if (full) return `${day} ${time}:${two(at.getSeconds())}${part}`;
  if (step >= DAY) return day.slice(5);
  const [hour, minute, second] = [at.getHours(), at.getMinutes(), at.getSeconds()];
  if (hour === 0 && minute === 0 && second === 0 && step >= MINUTE) return day.slice(5);
  if (step >= MINUTE) return time;
  return `${time}:${two(second)}${part}`;
}
