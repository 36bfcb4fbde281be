/** Fetching curves: what is wanted at one moment is one request, and answers nobody waits for are dropped. */

import type { Over, Range } from './view';
import { decode, SERIES_TYPE, type Series } from './wire';

/** A range as the server takes it: in steps, in Unix seconds, or in seconds since each run began, if it knows when. */
export interface Asked extends Range {
  over: Over;
}

/** Metrics of one request: more would make addresses longer than servers take. */
const MOST_KEYS = 60;
const MOST_TEXT = 4000; // characters of their names together
const STEP = 100; // points are rounded up to this, so that charts of one page ask alike

interface Wish {
  take(series: Series): void;
  fail(): void;
}

/**
 * Asks for series by their names.
 *
 * @param address of the run's metrics
 * @param range the part that is asked for; everything when not given
 */
export class Loader {
  private readonly wishes = new Map<string, Wish>();
  private points = 0;
  private dropped = false;

  constructor(
    private readonly address: string,
    private readonly range?: Asked,
  ) {}

  /** Asks for a metric at about `points` points, in one request with all that is wanted at this moment. */
  want(key: string, points: number, wish: Wish): void {
    if (!this.wishes.size) queueMicrotask(() => this.ask());
    this.wishes.set(key, wish);
    this.points = Math.max(this.points, STEP * Math.ceil(points / STEP));
  }

  /** Takes no more answers. */
  drop(): void {
    this.dropped = true;
  }

  private ask(): void {
    for (const part of parts([...this.wishes])) void this.fetch(new Map(part), this.points);
    this.wishes.clear();
    this.points = 0;
  }

  private async fetch(wishes: Map<string, Wish>, points: number): Promise<void> {
    const query = new URLSearchParams({ points: String(points) });
    for (const key of wishes.keys()) query.append('key', key);
    if (this.range) {
      query.set('from', String(this.range.low));
      query.set('to', String(this.range.high));
      query.set('over', this.range.over);
    }
    try {
      const answer = await fetch(`${this.address}?${query}`, { headers: { Accept: SERIES_TYPE } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = decode(await answer.arrayBuffer());
      if (this.dropped) return;
      for (const series of found) {
        wishes.get(series.key)?.take(series);
        wishes.delete(series.key);
      }
    } catch {
      // What is still wanted is asked for again by whoever wants it.
    }
    if (!this.dropped) for (const wish of wishes.values()) wish.fail();
  }
}

/** Cut into requests of bearable length. */
export function parts<T>(wishes: [key: string, wish: T][]): [key: string, wish: T][][] {
  const found: [string, T][][] = [];
  let text = 0;
  for (const each of wishes) {
    const last = found.at(-1);
    text += each[0].length;
    if (last && last.length < MOST_KEYS && text <= MOST_TEXT) last.push(each);
    else {
      found.push([each]);
      text = each[0].length;
    }
  }
  return found;
}
