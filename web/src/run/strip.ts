/** The numbers on top: progress, latest metrics, elapsed, left. */

import { about, duration, number, toNumber } from '../format';
import { all, make, one, setText } from '../dom';
import { isFinal, type RunNow } from './live';

const LEFT_AFTER_SECONDS = 5; // before that, a guess of what is left is noise
const STATS = 6;
const SMOOTHING = 0.7; // share of the last guess in the next

const stat = (key: string): HTMLElement | null => one(`[data-stat="${CSS.escape(key)}"]`);

/** The place of a number, made where the page came too early to have it; metrics stand before the rest. */
function ensure(key: string, label: string): HTMLElement {
  const found = stat(key);
  if (found) return found;
  const value = make('b', { 'data-stat': key });
  const place = one('.stats');
  const others = place ? all('.stat', place).filter((each) => !one('[data-stat^="metric:"]', each)) : [];
  place?.insertBefore(make('div', { class: 'stat' }, make('small', {}, label), value), others[0] ?? null);
  return value;
}

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
    for (const [key, summary] of Object.entries(run.metrics).slice(0, STATS))
      setText(ensure(`metric:${key}`, key), number(toNumber(summary.last)));
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
    setText(ensure('elapsed', 'Elapsed'), elapsed < 60 ? `${Math.max(0, Math.floor(elapsed))} s` : duration(elapsed));
    if (this.share) document.title = `${Math.round(100 * this.share)} % · ${this.title}`;
    if (!this.share || elapsed < LEFT_AFTER_SECONDS) return;
    const guess = (elapsed * (1 - this.share)) / this.share;
    this.left = this.left === undefined ? guess : SMOOTHING * Math.max(0, this.left - 1) + (1 - SMOOTHING) * guess;
    setText(stat('left'), about(this.left));
  }
}
