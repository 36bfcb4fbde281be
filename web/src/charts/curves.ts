/** The curves of a page: fetched when they are looked at, kept up to date while they are. */

import { append, columnsOf, curveOf, type Curve, type Detail, type Points } from './curve';
import { Loader } from './loading';
import type { Over, Range, View } from './view';

const REFINE_MS = 120; // after the last move of a zoom, before its range is asked for
const RETRY_MS = 3000;
const FINER = 1.3; // a chart this much wider than what was asked for is worth asking again
const AROUND = 0.05; // of a range, asked for on either side of it: lines go on beyond the edge

interface Kept {
  curve: Curve | undefined;
  detail: Detail | undefined; // may come before the curve
  points: number; // what was asked for
  asked: boolean; // an answer is awaited
  stale: boolean; // points came that are not here
}

/**
 * @param address of the run's metrics
 * @param start Unix seconds when the run began
 * @param changed called with the metric that there is more of to draw
 * @param knows whether the server knows from when relative time counts, as of several runs it does
 */
export class Curves {
  private readonly kept = new Map<string, Kept>();
  private readonly whole: Loader;
  private part: Loader | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  /** Unix seconds of the first moment: the start of the run, or of what was logged before that was noted. */
  start: number;

  constructor(
    private readonly address: string,
    start: number,
    private readonly changed: (key: string) => void,
    private readonly knows = false,
  ) {
    this.start = start;
    this.whole = new Loader(address);
  }

  get(key: string): Curve | undefined {
    return this.kept.get(key)?.curve;
  }

  *all(): Iterable<Curve> {
    for (const { curve } of this.kept.values()) if (curve) yield curve;
  }

  /** Sees that a metric is here, up to date and at this many points. */
  show(key: string, points: number): void {
    const kept = this.kept.get(key) ?? { curve: undefined, detail: undefined, points: 0, asked: false, stale: true };
    this.kept.set(key, kept);
    const coarse = kept.curve && !kept.curve.whole && points > FINER * kept.points;
    if (kept.asked || !(kept.stale || coarse)) return;
    Object.assign(kept, { asked: true, stale: false, points });
    this.whole.want(key, points, {
      take: (series) => {
        kept.curve = { ...curveOf(series), detail: kept.detail };
        kept.asked = false;
        this.start = Math.min(this.start, series.times[0] ?? Infinity);
        this.changed(key);
      },
      fail: () => {
        Object.assign(kept, { asked: false, stale: true });
        setTimeout(() => this.changed(key), RETRY_MS);
      },
    });
  }

  /** Points come that are not taken: the metric is fetched anew when it is shown. */
  expire(key: string): void {
    const kept = this.kept.get(key);
    if (kept) kept.stale = true;
  }

  /** Takes what a live answer has of the metrics; those that it does not hold fully are fetched anew. */
  add(points: Record<string, Points>): void {
    for (const [key, found] of Object.entries(points)) {
      const kept = this.kept.get(key);
      if (!kept?.curve || kept.stale) continue;
      const came = append(kept.curve, found);
      if (came === 'missed') kept.stale = true;
      if (came) this.changed(key);
    }
  }

  /** Asks for the range in view at full resolution, once it stays for a moment. */
  refine(view: View, wanted: () => Map<string, number>): void {
    clearTimeout(this.waiting);
    this.part?.drop();
    this.part = undefined;
    const { range, over } = view;
    if (!range) {
      for (const kept of this.kept.values()) put(kept, undefined);
      return;
    }
    const loader = new Loader(this.address, this.knows ? { ...wide(range), over } : asked(range, over, this.start));
    this.part = loader;
    this.waiting = setTimeout(() => {
      for (const [key, points] of wanted()) this.detail(loader, key, points, { ...range, over });
    }, REFINE_MS);
  }

  /** The range in view for one metric more. */
  detailNow(view: View, key: string, points: number): void {
    if (this.part && view.range) this.detail(this.part, key, points, { ...view.range, over: view.over });
  }

  private detail(loader: Loader, key: string, points: number, range: Range & { over: Over }): void {
    const curve = this.get(key);
    if (curve?.whole && !curve.grown) return; // there is nothing more to see
    loader.want(key, points, {
      take: (series) => {
        const kept = this.kept.get(key);
        if (kept) put(kept, { ...wide(range), columns: columnsOf(series) });
        this.changed(key);
      },
      fail: () => undefined,
    });
  }
}

function put(kept: Kept, detail: Detail | undefined): void {
  kept.detail = detail;
  if (kept.curve) kept.curve.detail = detail;
}

const wide = <R extends Range>(range: R): R => {
  const room = AROUND * (range.high - range.low);
  return { ...range, low: range.low - room, high: range.high + room };
};

/** The range as the server takes it. */
function asked(range: Range, over: Over, start: number): { low: number; high: number; over: 'steps' | 'times' } {
  const { low, high } = wide(range);
  const shift = over === 'relative' ? start : 0;
  return { low: low + shift, high: high + shift, over: over === 'steps' ? 'steps' : 'times' };
}

