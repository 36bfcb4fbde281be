import { describe, expect, test } from 'vitest';
import { type Progress, waiting } from '../src/run/live';
import { leftText, positionText, rateText } from '../src/run/progress';
import { ago, duration, number, since, size } from '../src/format';
import { spans } from '../src/run/ansi';
import { family } from '../src/charts/families';
import same from './same.json';

// The same cases are read by tests/unit/web/presenters/test_same.py: server and browser write one thing in one way.
describe('server and browser agree', () => {
  test.each(same.number as [number, string][])('number %s', (value, text) => expect(number(value)).toBe(text));
  test.each(same.duration as [number, string][])('duration %s', (value, text) => expect(duration(value)).toBe(text));
  test.each(same.size as [number, string][])('size %s', (value, text) => expect(size(value)).toBe(text));
  test.each(same.ago as [number, string][])('ago %s', (value, text) => expect(ago(value, '2026-01-01')).toBe(text));
  test.each(same.waiting as [number | null, string, string][])('place %s, %s', (position, why, text) =>
    expect(waiting(position, why)).toBe(text),
  );
  test.each(same.rate as [number, string, string][])('rate %s', (rate, unit, text) => expect(rateText(rate, unit)).toBe(text));
  test.each(same.left as [number, string][])('left %s', (seconds, text) => expect(leftText(seconds)).toBe(text));
  test.each(same.position as unknown as [Progress, string][])('position %j', (progress, text) =>
    expect(positionText(progress)).toBe(text),
  );
  test.each(same.family as [string, [string, string]][])('family %s', (key, found) => expect(family(key)).toEqual(found));
  test.each(same.since as [number, string][])('since %s', (value, text) => expect(since(value)).toBe(text));
  test.each(same.spans as [string, string[][]][])('spans %j', (text, found) =>
    expect(spans(text).map((span) => [span.text, span.classes, span.color, span.ground])).toEqual(
      found.map((span) => [...span, '', ''].slice(0, 4)),
    ),
  );
});
