import { describe, expect, test } from 'vitest';
import type { Progress } from '../src/run/live';
import { left, paceText, paused } from '../src/run/progress';

const SAID = Date.parse('2026-11-24T12:00:00Z') / 1000;
const said = (changes: Partial<Progress> = {}): Progress => ({
  done: 25,
  total: 100,
  message: '',
  unit: 'it',
  rate: 0.5,
  left_seconds: 150,
  inner: [],
  at: '2026-11-24T12:00:00Z',
  ...changes,
});

describe('what is left', () => {
  test('is counted down between two answers', () => expect(left(said(), SAID + 4)).toBe(146));
  test('is never less than nothing', () => expect(left(said({ left_seconds: 2 }), SAID + 4)).toBe(0));
  test('is not guessed', () => expect(left(said({ left_seconds: null }), SAID)).toBeUndefined());
});

describe('a loop that says nothing', () => {
  test('has paused after ten seconds', () => {
    expect([paused(said(), SAID + 9), paused(said(), SAID + 11)]).toEqual([false, true]);
    expect([left(said(), SAID + 11), paceText(said(), SAID + 11)]).toEqual([undefined, '']);
  });
  test('whose steps are long has not', () => expect(paused(said({ rate: 0.01 }), SAID + 300)).toBe(false));
  test('is judged by its quickest loop', () => {
    const inner = [{ done: 1, total: null, message: '', unit: 'batch', rate: 20 }];
    expect(paceText(said({ rate: 0.01, inner }), SAID + 1)).toBe('20 batch/s');
    expect(paused(said({ rate: 0.01, inner }), SAID + 11)).toBe(true);
  });
});
