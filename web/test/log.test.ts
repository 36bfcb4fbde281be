import { describe, expect, test } from 'vitest';
import { contrast, readable, spans, Style } from '../src/run/ansi';
import { lineOf, LONGEST, places, rowsOf, step, type LogPiece } from '../src/run/log_rows';

const piece = (text: string, stream: LogPiece['stream'] = 'out'): LogPiece => ({ stream, time: 1, text });

describe('rows of a part', () => {
  test('every line is one, whatever pieces it came in', () => {
    const rows = rowsOf({ first_line: 7, pieces: [piece('a\n\nb\nhalf '), piece('a line\nc\n'), piece('d', 'err')] });
    expect(rows.map((row) => [row.number, row.stream, row.text])).toEqual([
      [7, 'out', 'a'],
      [8, 'out', ''],
      [9, 'out', 'b'],
      [10, 'out', 'half a line'],
      [11, 'out', 'c'],
      [12, 'err', 'd'],
    ]);
  });

  test('a long line is cut and says how much is missing', () => {
    const [row] = rowsOf({ first_line: 1, pieces: [piece('x'.repeat(LONGEST - 1)), piece(`${'x'.repeat(11)}\n`)] });
    expect(row?.text.length).toBe(LONGEST);
    expect(row?.more).toBe(10);
  });
});

describe('finding', () => {
  test.each([
    [[3, 5, 9], 5, 1, 2],
    [[3, 5, 9], 4, -1, 0],
    [[3, 5, 9], 9, 1, 0],
    [[3, 5, 9], 3, -1, 2],
    [[], 3, 1, -1],
  ] as [number[], number, 1 | -1, number][])('in %j from %i by %i leads to %i', (lines, line, by, found) => {
    expect(step(lines, line, by)).toBe(found);
  });

  test('places ignore the case of a to z only', () => {
    expect(places('Loss LOSS loss', 'loss', false)).toEqual([0, 5, 10]);
    expect(places('Loss LOSS loss', 'loss', true)).toEqual([10]);
    expect(places('Ä ä', 'ä', false)).toEqual([2]);
    expect(places('aaaa', 'aa', false)).toEqual([0, 2]);
    expect(places('text', '', false)).toEqual([]);
  });

  test.each([['#L120', 120], ['#L0', undefined], ['#L1x', undefined], ['', undefined], ['#L9999999999999999', undefined]])(
    'the address %s names line %s',
    (hash, line) => expect(lineOf(hash)).toBe(line),
  );
});

describe('colours', () => {
  test('go on from one text to the next', () => {
    const style = new Style('\x1b[1m');
    expect(spans('a\x1b[31m', style).map((span) => span.classes)).toEqual(['ansi-bold']);
    expect(spans('b', style).map((span) => span.classes)).toEqual(['ansi-1 ansi-bold']);
  });

  test('are readable on every ground', () => {
    for (const ground of ['#eff1f4', '#1b1f25', '#808080', '#ff0000'])
      for (const color of ['#000000', '#ffffff', '#ffff00', '#0000ff', '#777777'])
        expect(contrast(readable(color, ground), ground)).toBeGreaterThanOrEqual(4.5);
  });
});
