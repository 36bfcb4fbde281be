import { expect, test } from 'vitest';
import { begun, isFinal, jittered, nextDelay } from '../src/run/live';

test('it asks as often as the server says while there is news', () => {
  expect(nextDelay(0, 500)).toBe(500);
  expect(nextDelay(4, 1000)).toBe(1000);
});

test('it slows down to eight seconds while nothing is new, or to what a busy server asks for', () => {
  expect([5, 6, 7, 8, 50].map((idle) => nextDelay(idle, 1000))).toEqual([2000, 4000, 8000, 8000, 8000]);
  expect(nextDelay(50, 20_000)).toBe(20_000);
});

test('viewers are spread by a tenth either way', () => {
  expect(jittered(1000, 0)).toBeCloseTo(900);
  expect(jittered(1000, 1)).toBeCloseTo(1100);
});

test('the five final states end the questions', () => {
  expect(['succeeded', 'failed', 'canceled', 'timed_out', 'lost'].every(isFinal)).toBe(true);
  expect(['queued', 'running'].some(isFinal)).toBe(false);
});

test('the record has something new when the start is known, and again with the seed, zero too', () => {
  expect(begun({ started_at: null, seed: null })).toBe(0);
  expect(begun({ started_at: '2026-11-23T08:00:00Z', seed: null })).toBe(1);
  expect(begun({ started_at: '2026-11-23T08:00:00Z', seed: 0 })).toBe(2);
});
