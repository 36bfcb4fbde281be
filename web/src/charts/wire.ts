/** Series as the server packs them: a length, a JSON header, then columns of float64, all little-endian. */

export const SERIES_TYPE = 'application/vnd.flasklab.series';

/** Points of one metric: all of a range, or the range cut into buckets. */
export interface Series {
  key: string;
  count: number; // points the server has of the metric, however many are here
  whole: boolean; // the points themselves; otherwise buckets, with the mean of each in `values`
  steps: Float64Array;
  times: Float64Array; // Unix seconds
  values: Float64Array;
  low: Float64Array; // least and greatest number of each bucket; the values themselves where whole
  high: Float64Array;
}

interface Header {
  series: { key: string; count: number; n: number; whole: boolean }[];
}

const LENGTH = 4; // bytes of the header's length
const DOUBLE = 8;

/** Reads an answer without copying its numbers. Throws RangeError where it ends too early. */
export function decode(body: ArrayBuffer): Series[] {
  const length = new DataView(body).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, LENGTH, length))) as Header;
  let at = LENGTH + length;
  return header.series.map(({ key, count, n, whole }) => {
    const column = (): Float64Array => {
      const found = new Float64Array(body, at, n);
      at += DOUBLE * n;
      return found;
    };
    const [steps, times, values] = [column(), column(), column()];
    return { key, count, whole, steps, times, values, low: whole ? values : column(), high: whole ? values : column() };
  });
}
