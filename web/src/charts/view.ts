/** What a page's charts show: kept in the address, so that a link shows the same. */

export type Over = 'steps' | 'times' | 'relative';

/** A range of x, in the units of what the charts are drawn over. */
export interface Range {
  low: number;
  high: number;
}

export interface View {
  smoothing: number; // share of the past in the average, 0 (none) to below 1
  logX: boolean;
  logY: boolean;
  over: Over;
  range: Range | null; // null shows everything
  filter: string; // part of a chart's name
}

export const MOST_SMOOTHING = 0.99;

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const smoothing = Number(query.get('smoothing'));
  const over = query.get('over');
  return {
    smoothing: smoothing > 0 ? Math.min(smoothing, MOST_SMOOTHING) : 0,
    logX: query.get('logx') === '1',
    logY: query.get('logy') === '1',
    over: over === 'times' || over === 'relative' ? over : 'steps',
    range: readRange(query.get('x') ?? ''),
    filter: query.get('chart') ?? '',
  };
}

/** The address's query with the view in it; what is as usual is left out, what else stands there stays. */
export function writeView(search: string, view: View): string {
  const query = new URLSearchParams(search);
  const set = (name: string, text: string): void => (text ? query.set(name, text) : query.delete(name));
  set('smoothing', view.smoothing ? String(view.smoothing) : '');
  set('logx', view.logX ? '1' : '');
  set('logy', view.logY ? '1' : '');
  set('over', view.over === 'steps' ? '' : view.over);
  set('x', view.range ? writeRange(view.range) : '');
  set('chart', view.filter);
  const text = query.toString();
  return text ? `?${text}` : '';
}

function readRange(text: string): Range | null {
  const [low, high, more] = text.split('..').map((part) => (part.trim() ? Number(part) : NaN));
  if (low === undefined || high === undefined || more !== undefined) return null;
  return Number.isFinite(low) && Number.isFinite(high) && low < high ? { low, high } : null;
}

/** Rounded to a ten-thousandth of the range: what is cut off is less than a pixel. */
export function writeRange({ low, high }: Range): string {
  const digits = Math.max(0, Math.min(12, 4 - Math.floor(Math.log10(high - low))));
  const round = (value: number): string => String(Number(value.toFixed(digits)));
  return `${round(low)}..${round(high)}`;
}
