/** Asks the server for lines and matches of one log. */

import type { LogLines, Matches } from './log_rows';

export class LogSource {
  /** @param address of the log as text: `.../logs?format=text` */
  constructor(readonly address: string) {}

  lines(query: Record<string, string | number>): Promise<LogLines> {
    return this.ask(query);
  }

  matches(query: Record<string, string | number>, signal: AbortSignal): Promise<Matches> {
    return this.ask(query, signal);
  }

  private async ask<T>(query: Record<string, string | number>, signal?: AbortSignal): Promise<T> {
    const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    const answer = await fetch(`${this.address.split('?')[0]}?${search}`, {
      headers: { Accept: 'application/json' },
      signal: signal ?? null,
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()) as T;
  }
}
