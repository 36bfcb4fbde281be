/** Arithmetic of histograms. Pure, so that tests need no browser. */

export interface HistogramJson {
  edges: number[];
  counts: number[];
  nan: number;
  inf: number;
}

/** Counts in `columns` equal bins between `low` and `high`; what lies across a border is divided by its width. */
export function rebinned({ edges, counts }: HistogramJson, low: number, high: number, columns: number): number[] {
  const found = new Array<number>(columns).fill(0);
  const width = (high - low) / columns || 1;
  counts.forEach((count, at) => {
    const from = edges[at] ?? 0;
    const to = edges[at + 1] ?? from;
    const first = Math.max(0, Math.floor((from - low) / width));
    const last = Math.min(columns - 1, Math.ceil((to - low) / width) - 1);
    for (let column = first; column <= last; column++) {
      const start = Math.max(from, low + column * width);
      const end = Math.min(to, low + (column + 1) * width);
      found[column] = (found[column] ?? 0) + (count * Math.max(0, end - start)) / (to - from || 1);
    }
  });
  return found;
}

/** The bin that a value lies in; -1 outside of all. */
export function binAt(edges: number[], value: number): number {
  let from = 0;
  let to = edges.length - 1;
  if (!(value >= (edges[from] ?? NaN)) || !(value <= (edges[to] ?? NaN))) return -1;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (value < (edges[middle] ?? 0)) to = middle;
    else from = middle;
  }
  return from;
}
