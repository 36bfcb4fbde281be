/** The numbers on top: progress, latest metrics, elapsed, left. */

import { about, duration, number, toNumber } from '../format';
import { make, one, setText } from '../dom';
import { isFinal, type RunNow } from './live';

const LEFT_AFTER_SECONDS = 5; // before that, a guess of what is left is noise
const STATS = 6;
const SMOOTHING = 0.7; // share of the last guess in the next

const stat = (key: string): HTMLElement | null => one(`[data-stat="${CSS.escape(key)}"]`);

export class Strip {
  private started: number;
  private share: number | undefined;
  private left: number | undefined;
  private final: boolean;

  constructor(
    started: string,
    state: string,
    private readonly title: string,
  ) {
    this.started = Date.parse(started);
    this.final = isFinal(state);
    setInterval(() => this.tick(), 1000);
  }

  show(run: RunNow): void {
    this.final = isFinal(run.state);
    if (run.started_at) this.started = Date.parse(run.started_at);
    this.showMetrics(run);
    this.showProgress(run.progress);
    this.tick();
  }

  private showMetrics(run: RunNow): void {
    const place = one('.stats');
    for (const [key, summary] of Object.entries(run.metrics).slice(0, STATS)) {
      const text = number(toNumber(summary.last));
      const found = stat(`metric:${key}`);
      if (found) setText(found, text);
      else
        place?.prepend(
          make('div', { class: 'stat' }, make('small', {}, key), make('b', { 'data-stat': `metric:${key}` }, text)),
        );
    }
  }

  private showProgress(progress: RunNow['progress']): void {
    if (!progress) return;
    const { done, total, message } = progress;
    this.share = total ? Math.min(1, Math.max(0, done / total)) : undefined;
    const bar = one<HTMLProgressElement>('.strip progress');
    if (bar && this.share !== undefined) bar.value = 100 * this.share;
    const words = total ? `${number(done)} of ${number(total)}` : number(done);
    setText(stat('progress'), message ? `${words} · ${message}` : words);
    const box = one('[data-progress-text]');
    if (box) box.hidden = this.final;
  }

  private tick(): void {
    if (this.final || document.hidden || !Number.isFinite(this.started)) return;
    const elapsed = (Date.now() - this.started) / 1000;
    setText(stat('elapsed'), elapsed < 60 ? `${Math.max(0, Math.floor(elapsed))} s` : duration(elapsed));
    if (this.share) document.title = `${Math.round(100 * this.share)} % · ${this.title}`;
    if (!this.share || elapsed < LEFT_AFTER_SECONDS) return;
    const guess = (elapsed * (1 - this.share)) / this.share;
    this.left = this.left === undefined ? guess : SMOOTHING * Math.max(0, this.left - 1) + (1 - SMOOTHING) * guess;
    setText(stat('left'), about(this.left));
  }
}
