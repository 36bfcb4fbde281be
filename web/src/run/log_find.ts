/** Finds lines in the whole log: the server looks through it step by step, as long as somebody wants to know. */

import type { LogSource } from './log_source';
import { step } from './log_rows';

const MOST = 10_000; // matches that are kept

export class Finder {
  /** Numbers of the lines found so far, in their order. */
  lines: number[] = [];
  isDone = true;
  private query: Record<string, string | number> = {};
  private from = 0;
  private asked: AbortController | undefined;

  constructor(
    private readonly source: LogSource,
    private readonly changed: () => void,
  ) {}

  /** Looks for something else; an empty query ends it. */
  async start(query: Record<string, string | number>): Promise<void> {
    this.asked?.abort();
    this.query = query;
    this.lines = [];
    this.from = 0;
    this.isDone = true;
    this.changed();
    if (Object.keys(query).length) await this.goOn();
  }

  /** Looks at what has come since. */
  async goOn(): Promise<void> {
    if (!this.isDone || this.isFull || !Object.keys(this.query).length) return;
    this.isDone = false;
    const asked = new AbortController();
    this.asked = asked;
    try {
      for (let next: number | null = this.from; next !== null && !this.isFull; ) {
        const found = await this.source.matches({ ...this.query, start: next }, asked.signal);
        for (const { line } of found.matches) if (line > (this.lines.at(-1) ?? 0)) this.lines.push(line);
        next = found.next;
        this.from = next ?? found.size;
        this.changed();
      }
    } catch {
      // Asked for something else, or the lab is away: what was found stays.
    }
    if (this.asked === asked) {
      this.isDone = true;
      this.changed();
    }
  }

  get isFull(): boolean {
    return this.lines.length >= MOST;
  }

  /** "12", or "12+" while there may be more. */
  get count(): string {
    return `${this.lines.length.toLocaleString('en')}${this.isDone && !this.isFull ? '' : '+'}`;
  }

  /** The next line found from `line` on in a direction; undefined where there is none. */
  next(line: number, by: 1 | -1): number | undefined {
    return this.lines[step(this.lines, line, by)];
  }
}
