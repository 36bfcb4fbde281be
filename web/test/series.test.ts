import { expect, test } from 'vitest';
import { append, around, drawable, emptyCurve, lastOf, MOST_POINTS, order, smooth, thin } from '../src/run/series';
import { clock } from '../src/run/clock';

const ramp = (total: number) => ({
  steps: Array.from({ length: total }, (_, i) => i),
  times: Array.from({ length: total }, (_, i) => 1000 + i),
  values: Array.from({ length: total }, (_, i) => i / total),
});

test('points are appended with NaN and infinities as numbers', () => {
  const curve = emptyCurve();
  append(curve, { steps: [0, 1, 2], values: [1, 'NaN', '-Infinity'], times: [5, 6, 7] });
  expect(curve).toEqual({ steps: [0, 1, 2], values: [1, NaN, -Infinity], times: [5, 6, 7] });
});

test('thinning halves a curve and keeps its spikes', () => {
  const curve = ramp(400);
  curve.values[123] = 50;
  curve.values[321] = -50;
  thin(curve);
  expect(curve.values.length).toBe(200);
  expect(Math.max(...curve.values)).toBe(50);
  expect(Math.min(...curve.values)).toBe(-50);
  expect(curve.steps[curve.values.indexOf(50)]).toBe(123);
  expect(order(curve.steps)).toBeUndefined();
});

test('a long curve never holds more than the most points', () => {
  const curve = emptyCurve();
  for (let part = 0; part < 10; part++) append(curve, ramp(1500));
  expect(curve.values.length).toBeLessThanOrEqual(MOST_POINTS);
  expect(curve.steps.length).toBe(curve.values.length);
});

test('smoothing keeps a constant constant and leaves gaps as they are', () => {
  const smoothed = smooth([2, 2, NaN, 2], 0.9);
  expect(smoothed[0]).toBeCloseTo(2);
  expect(smoothed[2]).toBeNaN();
  expect(smoothed[3]).toBeCloseTo(2);
});

test('what cannot be drawn is a gap, on a log scale zero too', () => {
  expect(drawable([1, NaN, Infinity, 0], false)).toEqual([1, null, null, 0]);
  expect(drawable([1, 0, -1], true)).toEqual([1, null, null]);
});

test('steps that go back are put in order, once and stably', () => {
  expect(order([1, 2, 2, 3])).toBeUndefined();
  expect(order([3, 1, 2, 1])).toEqual([1, 3, 2, 0]);
});

test('time since the start reads as a clock', () => {
  expect([0.5, 65, 3700, 7389].map(clock)).toEqual(['0.5 s', '1:05', '1:01:40', '2:03:09']);
});

test('a lone value stands in the middle of its axis, wherever it is', () => {
  expect(around(0.5)).toEqual([0.25, 0.75]);
  expect(around(-4)).toEqual([-6, -2]);
  expect(around(0)).toEqual([-1, 1]);
  expect(around(null)).toEqual([null, null]);
});

test('the last value of a column looks past gaps', () => {
  expect(lastOf([1, 2, null, undefined])).toBe(2);
  expect(lastOf([0])).toBe(0);
  expect(lastOf([])).toBeNull();
});
