import { expect, test } from 'vitest';
import { isNumeric, matching, sorted } from '../src/islands/columns';
import { ramp } from '../src/islands/ramp';

const rows = Uint32Array.from([0, 1, 2, 3]);

test('numbers sort as numbers, with empty cells last either way', () => {
  const column = [10, null, 9, 100];
  expect([...sorted(column, rows, 1)]).toEqual([2, 0, 3, 1]);
  expect([...sorted(column, rows, -1)]).toEqual([3, 0, 2, 1]);
});

test('texts sort as texts and equal rows keep their order', () => {
  expect([...sorted(['b', 'a', 'b', 'a'], rows, 1)]).toEqual([1, 3, 0, 2]);
});

test('a filter looks into every column and ignores case', () => {
  expect([...matching([['Adelie', 'Gentoo'], [1, 22]], 2, 'GENT')]).toEqual([1]);
  expect([...matching([['Adelie', 'Gentoo'], [1, 22]], 2, '2')]).toEqual([1]);
  expect([...matching([['Adelie', null]], 2, '')]).toEqual([0, 1]);
});

test('a column is numeric by its first value', () => {
  expect(isNumeric([null, 3])).toBe(true);
  expect(isNumeric(['3'])).toBe(false);
});

test('the ramp runs from blue to yellow and shows nothing for what is no number', () => {
  expect(ramp(0)).toEqual([0, 34, 78, 255]);
  expect(ramp(1)).toEqual([254, 232, 56, 255]);
  expect(ramp(7)).toEqual(ramp(1));
  expect(ramp(NaN)[3]).toBe(0);
});
