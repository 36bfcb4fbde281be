/** Numbers, durations and ages in words; the same rules as `formats.py`. */

const GROUPED_FROM = 10_000; // below, a separator makes years and steps no easier to read
const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number as JSON carries it: the non-finite ones are strings. */
export type Figure = number | 'NaN' | 'Infinity' | '-Infinity' | null;

export const toNumber = (value: Figure): number => (value === null ? NaN : Number(value));

export function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return grouped(value);
  if (size < 1e-3 || size >= 1e7) {
    const [mantissa = '', exponent = '0'] = value.toExponential(3).split('e');
    return `${trim(mantissa)}e${Number(exponent)}`;
  }
  const digits = Math.max(0, 3 - Math.floor(Math.log10(size)));
  const text = value.toFixed(digits);
  return digits ? trim(text) : grouped(Number(text));
}

const grouped = (value: number): string =>
  Math.abs(value) >= GROUPED_FROM ? value.toLocaleString('en') : String(value);

const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

const two = (part: number): string => String(part).padStart(2, '0');

export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(Math.max(seconds, 0) * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d ${two(Math.floor((whole % 86400) / 3600))}h`;
}

export function ago(seconds: number, date: string): string {
  if (seconds < 5) return 'just now';
  const steps: [number, number, string][] = [
    [60, 1, 's'],
    [3600, 60, 'min'],
    [86400, 3600, 'h'],
    [30 * 86400, 86400, 'd'],
  ];
  for (const [limit, unit, word] of steps) if (seconds < limit) return `${Math.floor(seconds / unit)} ${word} ago`;
  return date;
}

export function size(count: number): string {
  let unit = 0;
  while (count >= 1000 && unit < SIZES.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${SIZES[unit]}`;
}

/** When a line was written, counted from the run's start: "+12.3 s", "+1:15.3", "+1:02:05.2". */
export function since(seconds: number): string {
  const sign = seconds < -0.05 ? '-' : '+';
  const tenths = Math.round(Math.abs(seconds) * 10);
  const rest = (tenths % 600) / 10;
  const minutes = Math.floor(tenths / 600);
  if (!minutes) return `${sign}${rest.toFixed(1)} s`;
  const tail = rest.toFixed(1).padStart(4, '0');
  const hours = Math.floor(minutes / 60);
  return hours ? `${sign}${hours}:${two(minutes % 60)}:${tail}` : `${sign}${minutes}:${tail}`;
}
