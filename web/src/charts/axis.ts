/** From values to places and back, on linear and log axes. */

import type { Tick } from './ticks';
import type { Range } from './view';

export interface Axis {
  range: Range;
  log: boolean;
  ticks: Tick[];
  title: string;
}

export interface Scale {
  to(value: number): number;
  from(place: number): number;
}

/** The scale that puts an axis' range between two places. */
export function scaleOf({ range, log }: Pick<Axis, 'range' | 'log'>, start: number, end: number): Scale {
  const on = log ? Math.log : (value: number) => value;
  const off = log ? Math.exp : (value: number) => value;
  const low = on(range.low);
  const size = on(range.high) - low || 1;
  return {
    to: (value) => start + ((on(value) - low) / size) * (end - start),
    from: (place) => off(low + ((place - start) / (end - start || 1)) * size),
  };
}
