import { expect, test } from 'vitest';
import { decode } from '../src/charts/wire';

/** An answer as the server writes it. */
function packed(series: { key: string; count: number; whole: boolean; columns: number[][] }[]): ArrayBuffer {
  const heads = series.map(({ key, count, whole, columns }) => ({ key, count, whole, n: columns[0]?.length ?? 0 }));
  let header = new TextEncoder().encode(JSON.stringify({ cursor: '7', series: heads }));
  while ((4 + header.length) % 8) header = new Uint8Array([...header, 32]);
  const numbers = series.flatMap((each) => each.columns.flat());
  const body = new ArrayBuffer(4 + header.length + 8 * numbers.length);
  const view = new DataView(body);
  view.setUint32(0, header.length, true);
  new Uint8Array(body, 4).set(header);
  numbers.forEach((value, at) => view.setFloat64(4 + header.length + 8 * at, value, true));
  return body;
}

test('points and buckets are read with their names, NaN and infinities', () => {
  const found = decode(
    packed([
      { key: 'val/lößs', count: 3, whole: true, columns: [[0, 1, 2], [10, 11, 12], [0.5, NaN, Infinity]] },
      { key: 'rate', count: 9000, whole: false, columns: [[0, 5], [10, 15], [1, 2], [-1, 0], [3, 4]] },
    ]),
  );
  expect(found.map(({ key, count, whole }) => [key, count, whole])).toEqual([
    ['val/lößs', 3, true],
    ['rate', 9000, false],
  ]);
  expect([...(found[0]?.values ?? [])]).toEqual([0.5, NaN, Infinity]);
  expect(found[0]?.low).toBe(found[0]?.values);
  expect([found[1]?.times, found[1]?.low, found[1]?.high].map((column) => [...(column ?? [])])).toEqual([[10, 15], [-1, 0], [3, 4]]);
});

test('a metric without points in the range has empty columns', () => {
  const [empty, after] = decode(
    packed([
      { key: 'a', count: 5, whole: true, columns: [[], [], []] },
      { key: 'b', count: 5, whole: true, columns: [[1], [2], [3]] },
    ]),
  );
  expect(empty?.values.length).toBe(0);
  expect([...(after?.values ?? [])]).toEqual([3]);
});

test('an answer that was cut off is an error, not a curve', () => {
  const body = packed([{ key: 'a', count: 2, whole: true, columns: [[1, 2], [1, 2], [1, 2]] }]);
  expect(() => decode(body.slice(0, body.byteLength - 8))).toThrow(RangeError);
});
