import { expect, test } from 'vitest';
import { exactly, linearTicks, logTicks, ticksOver, type Tick } from '../src/charts/ticks';

const labels = (ticks: Tick[]): string[] => ticks.map((tick) => tick.label);

test('linear ticks are multiples of 1, 2 or 5, with as many digits as they need', () => {
  expect(labels(linearTicks({ low: 0, high: 1 }, 5))).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1']);
  expect(labels(linearTicks({ low: 1.00001, high: 1.00004 }, 4))).toEqual(['1.00001', '1.00002', '1.00003', '1.00004']);
  expect(labels(linearTicks({ low: -3, high: 3 }, 4))).toEqual(['-2', '0', '2']);
});

test('large numbers are written in units, and with all their digits where the ticks are close', () => {
  expect(labels(linearTicks({ low: 0, high: 1e7 }, 5))).toEqual(['0', '2M', '4M', '6M', '8M', '10M']);
  expect(labels(linearTicks({ low: 0, high: 50_000 }, 3))).toEqual(['0', '20k', '40k']);
  expect(labels(linearTicks({ low: 9_999_990, high: 10_000_000 }, 2))).toEqual(['9,999,990', '9,999,995', '10,000,000']);
});

test('very small and very large numbers have exponents', () => {
  expect(labels(linearTicks({ low: 0, high: 1e-10 }, 2))).toEqual(['0', '5e-11', '1e-10']);
  expect(labels(linearTicks({ low: 1e20, high: 3e20 }, 2))).toEqual(['1e20', '2e20', '3e20']);
});

test('a range finer than doubles has no ticks, instead of no end of them', () => {
  expect(ticksOver({ low: 1.8e9, high: 1.8e9 + 5e-7 }, 'times', false, 7)).toEqual([]);
  expect(linearTicks({ low: 3.25, high: 3.25 + 5e-16 }, 5)).toEqual([]);
  expect(labels(linearTicks({ low: -Number.MAX_VALUE, high: Number.MAX_VALUE }, 5))).toEqual(['0']);
});

test('steps are whole numbers', () => {
  expect(labels(ticksOver({ low: 0, high: 2 }, 'steps', false, 8))).toEqual(['0', '1', '2']);
});

test('log ticks are powers of ten, fewer where there are many, more where there is room', () => {
  expect(labels(logTicks({ low: 0.01, high: 1000 }, 6))).toEqual(['0.01', '0.1', '1', '10', '100', '1,000']);
  expect(labels(logTicks({ low: 1e-12, high: 1 }, 4))).toEqual(['1e-12', '1e-9', '1e-6', '0.001', '1']);
  expect(labels(logTicks({ low: 1, high: 50 }, 8))).toEqual(['1', '2', '5', '10', '20', '50']);
});

test('on less than a decade a log axis has linear ticks', () => {
  expect(labels(logTicks({ low: 200, high: 400 }, 4))).toEqual(['200', '250', '300', '350', '400']);
});

test('time since the start has ticks at whole minutes', () => {
  expect(labels(ticksOver({ low: 0, high: 600 }, 'relative', false, 5))).toEqual(['0 s', '2:00', '4:00', '6:00', '8:00', '10:00']);
  expect(labels(ticksOver({ low: 0, high: 1 }, 'relative', false, 3))).toEqual(['0 s', '0.5 s', '1 s']);
});

test('times are written as clocks here show them, midnight as the date', () => {
  const midnight = new Date(2026, 10, 24).getTime() / 1000;
  const hours = ticksOver({ low: midnight - 7200, high: midnight + 7200 }, 'times', false, 4);
  expect(labels(hours)).toEqual(['22:00', '23:00', '11-24', '01:00', '02:00']);
  expect(labels(ticksOver({ low: midnight + 1, high: midnight + 3 }, 'times', false, 2))).toEqual(['00:00:01', '00:00:02', '00:00:03']);
  const days = ticksOver({ low: midnight, high: midnight + 4 * 86_400 }, 'times', false, 4);
  expect(labels(days)[0]).toBe('11-24');
});

test('ticks closer than a second differ', () => {
  expect(labels(ticksOver({ low: 0.001, high: 0.003 }, 'relative', false, 2))).toEqual(['0.001 s', '0.002 s', '0.003 s']);
  const second = new Date(2026, 10, 24, 13, 58, 53).getTime() / 1000;
  const close = labels(ticksOver({ low: second + 0.25, high: second + 0.26 }, 'times', false, 2));
  expect(close).toEqual(['13:58:53.250', '13:58:53.255', '13:58:53.260']);
});

test('the crosshair says an x with every digit that counts', () => {
  expect([exactly(12_345_678, 'steps'), exactly(65, 'relative')]).toEqual(['12,345,678', '1:05']);
  expect(exactly(new Date(2026, 0, 2, 3, 4, 5).getTime() / 1000, 'times')).toBe('2026-01-02 03:04:05.000');
});
