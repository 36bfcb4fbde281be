/** The numbers on top: progress, latest metrics, elapsed, left. */

import { duration, number, toNumber } from '../format';
import { all, make, one, setText } from '../dom';
import { isFinal, type Progress, type RunNow } from './live';
import { left, leftText, paceText, positionText } from './progress';

const STATS = 6;

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
  private progress: Progress | null = null;
  private said: string | null | undefined;
  private heardAt: string | undefined;
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

  private showProgress(progress: Progress | null): void {
    this.progress = progress && this.heard(progress);
    if (!progress) return;
    const bar = one<HTMLProgressElement>('.strip progress');
    const share = this.share();
    if (bar && share !== undefined) bar.value = 100 * share;
    setText(stat('progress'), positionText(progress));
    const box = one('[data-progress-text]');
    if (box) box.hidden = this.final;
  }

  private tick(): void {
    if (this.final || document.hidden || !Number.isFinite(this.started)) return;
    const elapsed = (Date.now() - this.started) / 1000;
    setText(ensure('elapsed', 'Elapsed'), elapsed < 60 ? `${Math.max(0, Math.floor(elapsed))} s` : duration(elapsed));
    const share = this.share();
    if (share) document.title = `${Math.round(100 * share)} % · ${this.title}`;
    const now = Date.now() / 1000;
    const seconds = this.progress ? left(this.progress, now) : undefined;
    setText(stat('left'), seconds === undefined ? '…' : leftText(seconds));
    const pace = this.progress ? paceText(this.progress, now) : '';
    const place = stat('pace');
    setText(place, pace);
    if (place?.parentElement) place.parentElement.hidden = !pace;
  }

  /** Said now, if it is news: the clocks of server and browser may differ. */
  private heard(progress: Progress): Progress {
    const news = this.said !== undefined && this.said !== progress.at;
    if (news) this.heardAt = new Date().toISOString();
    this.said = progress.at;
    return { ...progress, at: this.heardAt ?? progress.at };
  }

  private share(): number | undefined {
    const { done = 0, total = null } = this.progress ?? {};
    return total ? Math.min(1, Math.max(0, done / total)) : undefined;
  }
}
