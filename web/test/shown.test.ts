import { expect, test } from 'vitest';
import { binAt, rebinned } from '../src/islands/bins';
import { picked } from '../src/islands/frames';
import { keysIn, withKey } from '../src/islands/keys';
import { cellOf, guessed } from '../src/islands/source';
import { lastUpTo } from '../src/islands/steps';
import { withoutTokens } from '../src/run/refresh';

const histogram = { edges: [0, 1, 2, 4], counts: [2, 4, 6], nan: 0, inf: 0 };

test('bins put on another scale keep every value', () => {
  expect(rebinned(histogram, 0, 4, 4)).toEqual([2, 4, 3, 3]);
  expect(rebinned(histogram, 0, 4, 2)).toEqual([6, 6]);
  expect(rebinned(histogram, -4, 4, 4)).toEqual([0, 0, 6, 6]);
  expect(rebinned(histogram, 0, 4, 3).reduce((sum, count) => sum + count, 0)).toBeCloseTo(12);
});

test('a value finds its bin, the last one with its upper edge', () => {
  expect([0, 0.5, 1, 3.9, 4].map((value) => binAt(histogram.edges, value))).toEqual([0, 0, 1, 2, 2]);
  expect([-0.1, 4.1, NaN].map((value) => binAt(histogram.edges, value))).toEqual([-1, -1, -1]);
});

test('of many steps some are picked evenly, first and last among them', () => {
  expect(picked(3, 5)).toEqual([0, 1, 2]);
  expect(picked(101, 5)).toEqual([0, 25, 50, 75, 100]);
  expect(picked(0, 5)).toEqual([]);
});

test('a slider that follows another stands at the last step that is not later', () => {
  expect([-1, 0, 5, 10, 99].map((step) => lastUpTo([0, 10, 20], step))).toEqual([0, 0, 0, 1, 2]);
  expect(lastUpTo([null, 10, 20], 15)).toBe(1);
  expect(lastUpTo([0, 10], null)).toBe(0);
});

test('cells of CSV are numbers only in columns of numbers, and empty ones are none', () => {
  expect([cellOf('1.5', true), cellOf('1.5', false), cellOf('', true), cellOf('inf', true)]).toEqual([1.5, '1.5', null, 'inf']);
  expect([guessed(['1', '', '2e3']), guessed(['1', 'a']), guessed(['', '']), guessed([' '])]).toEqual(['number', 'text', 'text', 'text']);
});

test('another key takes the place of the one in an address, under any prefix', () => {
  const keys = keysIn('<img src="/lab/shown/one.new/a.png"> <img src="/lab/shown/one.new/b.png"> <a href="/lab/shown/two.key/c.png">');
  expect(withKey('/lab/shown/one.old/a/b.png?v=1', keys)).toBe('/lab/shown/one.new/a/b.png?v=1');
  expect(withKey('/lab/shown/two.old/a.png', keys)).toBe('/lab/shown/two.key/a.png');
  expect(withKey('/shown/three.old/a.png', keys)).toBe('/shown/three.old/a.png');
  expect(withKey('/rows/x/t.csv', keys)).toBe('/rows/x/t.csv');
  expect(withKey('/shown/one.old/a.png', new Map())).toBe('/shown/one.old/a.png');
});

test('a page is the same when only its keys and tokens have changed', () => {
  const page = (key: string): string => `<img src="/shown/${key}/a.png"><input name="csrf_token" value="${key}">`;
  expect(withoutTokens(page('one'))).toBe(withoutTokens(page('two')));
  expect(withoutTokens(page('one'))).not.toBe(withoutTokens(page('one').replace('a.png', 'b.png')));
});
