/** One short poll per page: asks what is new after a cursor, slower the longer nothing happens. */

import type { Points } from '../charts/curve';
import type { Figure } from '../format';
import type { LogPart } from './log_rows';

/** A loop's place; the outermost one is the run's progress. */
export interface Loop {
  done: number;
  total: number | null;
  message: string;
  unit: string;
  rate: number | null; // units in a second
}

export interface Progress extends Loop {
  left_seconds: number | null; // as of `at`
  inner: Loop[];
  at: string | null;
}

/** Summaries by metric. */
export type Metrics = Record<string, { last: Figure; min: Figure; max: Figure; count: number; step: number }>;

export interface RunNow {
  id: string;
  state: string;
  progress: Progress | null;
  metrics: Metrics;
  attempt: number;
  queue_position: number | null; // null while it is held until a moment
  waiting: string | null;
  started_at: string | null;
  finished_at: string | null;
  seed: number | null;
}

/** How many facts of a run's beginning are known: when, and with which seed. */
export const begun = (run: Pick<RunNow, 'started_at' | 'seed'>): number =>
  Number(run.started_at !== null) + Number(run.seed !== null);

const EXACT_PLACES = 2000; // beyond, places in the queue are reckoned

/** Its place in the queue, if it has one, and why it waits; as the page says it. */
export const waiting = (position: number | null, why: string): string => {
  if (position === null) return why;
  const ahead = position - 1;
  const about = ahead >= EXACT_PLACES ? 'About ' : '';
  const place = ahead
    ? `${about}${ahead.toLocaleString('en')} ${ahead === 1 ? 'run' : 'runs'} before it in the queue.`
    : 'It is next in the queue.';
  return `${place} ${why}`.trim();
};

export interface Live {
  cursor: string;
  poll_ms: number;
  run: Omit<RunNow, 'metrics'>;
  artifacts: number;
  event: number; // grows with whatever happens to the run
  keys: string[]; // metrics that got their first point
  metrics: Metrics; // those that changed
  points: Record<string, Points>;
  log: LogPart;
}

const FINAL = new Set(['succeeded', 'failed', 'canceled', 'timed_out', 'lost']);
export const isFinal = (state: string): boolean => FINAL.has(state);

const SLOWEST_MS = 8000;
const PATIENCE = 4; // answers without news before it slows down
const JITTER = 0.1;

/** Milliseconds until the next question: as the server says, doubling up to 8 s while nothing is new. */
export const nextDelay = (idle: number, base: number): number =>
  Math.min(Math.max(SLOWEST_MS, base), base * 2 ** Math.max(0, Math.min(idle, 12) - PATIENCE));

/** `delay` a little sooner or later, so that many viewers do not ask at once. */
export const jittered = (delay: number, random: number): number => delay * (1 - JITTER + 2 * JITTER * random);

export interface Listener {
  news(live: Live): void;
  lost(since: Date): void;
  back(): void;
  /** Metrics whose points are wanted. */
  keys(): string[];
}

export class Follower {
  private etag = '';
  private idle = 0;
  private base = 1000;
  private failures = 0;
  private reached = new Date();
  private first = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private done = false;

  constructor(
    private readonly address: string,
    private cursor: string,
    private readonly listener: Listener,
  ) {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden || this.done) return;
      this.idle = 0;
      this.ask();
    });
  }

  /** Asks now, and again until the run is final. */
  ask(): void {
    clearTimeout(this.timer);
    void this.fetch().then(() => this.wait());
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (this.done || document.hidden) return;
    this.timer = setTimeout(() => this.ask(), jittered(nextDelay(this.idle, this.base), Math.random()));
  }

  private async fetch(): Promise<void> {
    const query = new URLSearchParams({ cursor: this.cursor });
    // Charts fetch what there is already themselves: the first answer only says where to go on.
    const keys = this.first ? [] : this.listener.keys();
    for (const key of keys.length ? keys : ['']) query.append('key', key);
    try {
      const headers: Record<string, string> = { Accept: 'application/json' };
      if (this.etag) headers['If-None-Match'] = this.etag;
      const answer = await fetch(`${this.address}?${query}`, { headers });
      if (answer.status === 304) this.idle += 1;
      else if (answer.ok) this.take((await answer.json()) as Live, answer.headers.get('ETag') ?? '');
      else throw new Error(String(answer.status));
      this.reached = new Date();
      if (this.failures) this.listener.back();
      this.failures = 0;
    } catch {
      this.idle += 1;
      this.failures += 1;
      if (this.failures > 1) this.listener.lost(this.reached);
    }
  }

  private take(live: Live, etag: string): void {
    this.idle = 0;
    this.first = false;
    this.etag = etag;
    this.cursor = live.cursor;
    this.base = live.poll_ms;
    this.done = isFinal(live.run.state);
    this.listener.news(live);
  }
}
