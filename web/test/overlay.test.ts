import { expect, test } from 'vitest';
import { spread } from '../src/charts/labels';
import { union } from '../src/charts/line';

test('names that would cover each other are moved apart, the others stay', () => {
  expect(spread([10, 12, 60], 13, 0, 100)).toEqual([10, 23, 60]);
  expect(spread([60, 12, 10], 13, 0, 100)).toEqual([60, 23, 10]);
});

test('names stay within the chart', () => {
  expect(spread([99, 98, null], 13, 0, 100)).toEqual([100, 87, null]);
  expect(spread([-5], 13, 0, 100)).toEqual([0]);
  expect(spread([null], 13, 0, 100)).toEqual([null]);
});

test('several ranges span from the least to the greatest', () => {
  expect(union([{ low: 2, high: 3 }, null, { low: -1, high: 2 }])).toEqual({ low: -1, high: 3 });
  expect(union([null])).toBeNull();
});
