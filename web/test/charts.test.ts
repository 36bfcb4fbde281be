import { expect, test } from 'vitest';
import { clock } from '../src/charts/clock';
import { append, curveOf, type Curve } from '../src/charts/curve';
import { across, heightOf, lastOf, lineOf, nearest, roomy, smooth, spanOf, widthOf, type Drawing } from '../src/charts/line';
import { parts } from '../src/charts/loading';
import { panned, within, zoomed } from '../src/charts/range';
import { readView, writeRange, writeView } from '../src/charts/view';

const PLAIN: Drawing = { smoothing: 0, logX: false, logY: false, over: 'steps', start: 1000 };

function curve(steps: number[], values: number[], given: { low?: number[]; high?: number[] } = {}): Curve {
  const [all, times] = [Float64Array.from(values), steps.map((step) => 1000 + 10 * step)];
  return curveOf({
    key: 'loss',
    count: steps.length,
    whole: !given.low,
    steps: Float64Array.from(steps),
    times: Float64Array.from(times),
    values: all,
    low: given.low ? Float64Array.from(given.low) : all,
    high: given.high ? Float64Array.from(given.high) : all,
  });
}

const live = (from: number, to: number, count = to) => {
  const steps = Array.from({ length: to - from }, (_, at) => from + at);
  return { steps, values: steps.map((step) => step / 2), times: steps.map((step) => 1000 + 10 * step), count };
};

test('live points are appended once, however often they are told', () => {
  const found = curve([0, 1], [0, 0.5]);
  expect(append(found, live(0, 4))).toBe(2);
  expect(append(found, live(2, 4))).toBe(0);
  expect(append(found, live(3, 5))).toBe(1);
  expect(found.columns.steps).toEqual([0, 1, 2, 3, 4]);
  expect(found.columns.high).toEqual([0, 0.5, 1, 1.5, 2]);
});

test('a curve that missed points says so and stays as it is', () => {
  const found = curve([0, 1], [0, 0.5]);
  expect(append(found, live(8, 10))).toBe('missed');
  expect(append(found, live(2, 3000))).toBe('missed');
  expect(found.columns.steps).toEqual([0, 1]);
});

test('a curve that has grown by thousands of points is to be fetched anew', () => {
  const found = curve([0], [0]);
  const told = [500, 1000, 1500, 2000, 2500].map((to) => append(found, live(to - 499, to)));
  expect(told.slice(1)).toContain('missed');
  expect(found.columns.values.length).toBeLessThanOrEqual(2001);
});

test('NaN and infinities come as text and are gaps', () => {
  const found = curve([0], [1]);
  append(found, { steps: [1, 2, 3], values: ['NaN', '-Infinity', 4], times: [1, 2, 3], count: 4 });
  expect(lineOf(found, PLAIN).y).toEqual([1, null, null, 4]);
});

test('steps that go back are put in order, stably', () => {
  expect(lineOf(curve([3, 1, 2, 1], [30, 10, 20, 11]), PLAIN)).toMatchObject({ x: [1, 1, 2, 3], y: [10, 11, 20, 30] });
});

test('x is the step, the time, or the time since the start', () => {
  const found = curve([0, 2], [1, 2]);
  const over = (asked: Drawing['over']) => lineOf(found, { ...PLAIN, over: asked }).x;
  expect([over('steps'), over('times'), over('relative')]).toEqual([[0, 2], [1000, 1020], [0, 20]]);
});

test('what a log axis cannot show is left out: x as a point, y as a gap', () => {
  const found = lineOf(curve([-1, 0, 1, 2], [1, 1, -1, 1]), { ...PLAIN, logX: true, logY: true });
  expect(found).toMatchObject({ x: [1, 2], y: [null, 1] });
});

test('buckets have a band, points have none', () => {
  const banded = curve([0, 10], [1, 2], { low: [0, 1], high: [5, 3] });
  expect(lineOf(banded, PLAIN)).toMatchObject({ low: [0, 1], high: [5, 3] });
  expect(lineOf(curve([0, 10], [1, NaN]), PLAIN).low).toBeUndefined();
});

test('a detail takes the place of the overview where it is, and only in its own units', () => {
  const found = curve([0, 10, 20, 30], [1, 2, 3, 4]);
  const columns = curve([8, 12, 15, 20, 21], [80, 120, 150, 200, 210]).columns;
  found.detail = { low: 9, high: 20, over: 'steps', columns };
  expect(lineOf(found, PLAIN)).toMatchObject({ x: [0, 12, 15, 20, 30], y: [1, 120, 150, 200, 4] });
  expect(lineOf(found, { ...PLAIN, over: 'times' }).y).toEqual([1, 2, 3, 4]);
});

test('smoothing keeps a constant constant, gaps gaps, and what was logged beside it', () => {
  const smoothed = smooth([2, 2, NaN, 2], 0.9);
  expect(smoothed[0]).toBeCloseTo(2);
  expect(smoothed[2]).toBeNaN();
  expect(smoothed[3]).toBeCloseTo(2);
  const line = lineOf(curve([0, 1], [0, 1]), { ...PLAIN, smoothing: 0.5 });
  expect(line.y).toEqual([0, 1]);
  expect(line.smooth?.[1]).toBeCloseTo(2 / 3);
});

test('the height of a chart holds what is in view, bands too', () => {
  const banded = curve([0, 10, 20], [1, 2, 900], { low: [0, 1, 5], high: [5, 3, 999] });
  const lines = [lineOf(banded, PLAIN)];
  expect(widthOf(lines)).toEqual({ low: 0, high: 20 });
  expect(heightOf(lines, { low: 0, high: 10 })).toEqual({ low: 0, high: 5 });
  expect(heightOf(lines, { low: 40, high: 50 })).toBeNull();
  const rising = [lineOf(curve([0, 10], [0, 100]), { ...PLAIN, smoothing: 0.5 })];
  expect(heightOf(rising, { low: 20, high: 30 })).toBeNull();
  expect(heightOf(rising, { low: 2, high: 4 })?.high).toBe(40); // no point is there, but the line is
  expect(heightOf(rising, { low: 2, high: 4 })?.low).toBeCloseTo(40 / 3); // and the smoothed one below it
});

test('curves span all of their points, and the last bucket to its end', () => {
  const banded = curve([0, 10, 20], [1, 2, 3], { low: [0, 1, 2], high: [2, 3, 4] });
  expect(spanOf([banded], PLAIN)).toEqual({ low: 0, high: 30 });
  expect(spanOf([banded, curve([-5, 7], [1, NaN])], PLAIN)).toEqual({ low: -5, high: 30 });
  expect(spanOf([curve([-5, 7], [1, 1])], { ...PLAIN, logX: true })).toEqual({ low: 7, high: 7 });
  expect(spanOf([curve([0, 1], [1, 1])], { ...PLAIN, over: 'relative' })).toEqual({ low: 0, high: 10 });
  expect(spanOf([], PLAIN)).toBeNull();
});

test('under the crosshair is what is nearest, without one the last in view', () => {
  expect([-5, 4, 5, 6, 99].map((x) => nearest([0, 10, 20], x))).toEqual([0, 0, 0, 1, 2]);
  expect(nearest([], 1)).toBe(-1);
  const line = lineOf(curve([0, 10, 20, 30], [1, 2, NaN, 4]), PLAIN);
  expect([99, 25, 5].map((high) => lastOf(line, { low: 0, high }))).toEqual([3, 1, 0]);
  expect(lastOf(line, { low: 12, high: 25 })).toBe(-1);
});

test('a lone value stands in the middle of its axis, wherever it is', () => {
  expect(across({ low: 4, high: 4 }, false)).toEqual({ low: 2, high: 6 });
  expect(roomy({ low: 4, high: 4 + 1e-15 }, false).low).toBe(2); // the same value, smoothed
  expect(roomy({ low: 0, high: 0 }, false)).toEqual({ low: -1, high: 1 });
  const { low, high } = roomy({ low: 10, high: 10 }, true);
  expect(low * high).toBeCloseTo(100);
});

test('room around the largest doubles stays a number', () => {
  const { low, high } = roomy({ low: -Number.MAX_VALUE, high: Number.MAX_VALUE }, false);
  expect([low, high].every(Number.isFinite)).toBe(true);
});

const ALL = { low: 0, high: 100 };

test('zooming keeps the place under the pointer and never leaves the data', () => {
  expect(zoomed(ALL, 0.5, 0.25, ALL, false)).toEqual({ low: 12.5, high: 62.5 });
  expect(zoomed({ low: 10, high: 20 }, 2, 0, ALL, false)).toEqual({ low: 10, high: 30 });
  expect(zoomed({ low: 10, high: 20 }, 100, 0.5, ALL, false)).toBeNull();
});

test('zooming in and out again shows everything', () => {
  const bounds = { low: 1, high: 100 };
  const inward = zoomed(bounds, 1 / 1.5, 0.37, bounds, false);
  expect(inward && zoomed(inward, 1.5, 0.37, bounds, false)).toBeNull();
});

test('panning stops at the ends', () => {
  expect(panned({ low: 10, high: 20 }, 0.5, ALL, false)).toEqual({ low: 15, high: 25 });
  expect(panned({ low: 10, high: 20 }, -5, ALL, false)).toEqual({ low: 0, high: 10 });
  expect(within({ low: 95, high: 105 }, ALL, false)).toEqual({ low: 90, high: 100 });
});

test('on a log axis distances are ratios', () => {
  const found = zoomed({ low: 1, high: 10_000 }, 0.5, 0.5, { low: 1, high: 10_000 }, true);
  expect(found?.low).toBeCloseTo(10);
  expect(found?.high).toBeCloseTo(1000);
});

test('zooming ends where doubles run out of digits', () => {
  const least = { low: 1e15, high: 1e15 + 1 };
  expect(zoomed(least, 1e-6, 0.5, { low: 0, high: 2e15 }, false)).toBe(least);
});

test('the address holds the view and what else stood there', () => {
  const view = { smoothing: 0.6, logX: true, logY: false, over: 'times' as const, range: { low: 1.5, high: 20 }, filter: 'lo&' };
  const search = writeView('?tab=charts', view);
  expect(search).toBe('?tab=charts&smoothing=0.6&logx=1&over=times&x=1.5..20&chart=lo%26');
  expect(readView(search)).toEqual(view);
  expect(writeView(search, readView(''))).toBe('?tab=charts');
});

test.each(['x=5..1', 'x=a..b', 'x=..3', 'x=1..2..3', 'x=1', 'x=1..1', 'x=0..Infinity'])('%s is no range', (query) => {
  expect(readView(query).range).toBeNull();
});

test('a view out of its limits is the nearest that there is', () => {
  expect(readView('smoothing=7').smoothing).toBeLessThan(1);
  expect(readView('smoothing=-1&over=moons')).toMatchObject({ smoothing: 0, over: 'steps' });
});

test('a range is written as short as its pixels allow', () => {
  expect(writeRange({ low: 100.123456, high: 300.5 })).toBe('100.12..300.5');
  expect(writeRange({ low: 1e9 + 0.25, high: 1e9 + 0.75 })).toBe('1000000000.25..1000000000.75');
});

test('many metrics are asked for in requests of bearable length', () => {
  const wishes = (count: number, length: number) =>
    Array.from({ length: count }, (_, at): [string, number] => [String(at).padEnd(length, 'x'), at]);
  expect(parts(wishes(100, 5)).map((part) => part.length)).toEqual([60, 40]);
  expect(parts(wishes(6, 1500)).map((part) => part.length)).toEqual([2, 2, 2]);
  expect(parts(wishes(1, 9000)).length).toBe(1);
  expect(parts([])).toEqual([]);
});

test('time since the start reads as a clock', () => {
  expect([0.5, 65, 3700, 7389].map(clock)).toEqual(['0.5 s', '1:05', '1:01:40', '2:03:09']);
});
