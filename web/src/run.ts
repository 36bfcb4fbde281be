/** A run's page: one live answer feeds the strip, the curves and the log; at the end the page fetches itself once. */

import { mount } from './islands';
import { all, make, one, setText } from './dom';
import { isSystem } from './charts/families';
import { Charts } from './charts/page';
import { begun, Follower, isFinal, type Live, type Metrics, waiting } from './run/live';
import { Log } from './run/log';
import { refresh, remember } from './run/refresh';
import { Strip } from './run/strip';

const REFRESH_MS = 3000; // what a run shows while it runs appears at most this often
const TELL_MS = 1000; // and what happens to it
const STRIP = 6; // metrics among the numbers on top
const RECORD = ['record', 'code'];
const HAPPENED = ['head', 'words', 'notice', 'record'];
const RESULTS = ['results', 'record', 'files', 'tabs', 'queue'];

class RunPage {
  private readonly title: string;
  private readonly strip: Strip;
  private readonly log: Log | undefined;
  private charts: Charts | undefined;
  private state: string;
  private artifacts: number;
  private attempt: number;
  private begun: number;
  private event: number;
  private told = 0;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private refreshed = 0;
  private taken: Promise<unknown> = Promise.resolve();
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly root: HTMLElement) {
    const { title = '', started = '', state = '', cursor = '', artifacts = '0' } = root.dataset;
    this.title = title;
    this.state = state;
    this.artifacts = Number(artifacts);
    this.attempt = Number(root.dataset.attempt ?? 0);
    this.begun = Number(root.dataset.begun ?? 0);
    this.event = Number(root.dataset.event ?? 0);
    this.strip = new Strip(started, state, title);
    const log = one('#log');
    if (log) this.log = new Log(log, Number(cursor.split('.')[1]));
    this.drawCharts();
    mount(root);
  }

  /** Follows the run until it has ended; of one that has, the page knows everything. */
  follow(): void {
    if (isFinal(this.state)) return;
    new Follower(this.root.dataset.live ?? '', this.root.dataset.cursor ?? '', {
      news: (live) => this.inTurn(() => this.take(live)),
      lost: (since) => offline(`Offline: last update ${since.toLocaleTimeString()}. Retrying.`),
      back: () => offline(''),
      keys: () => this.charts?.keys() ?? [],
    }).ask();
  }

  /** One after the other: a page fetched for an older answer must not overwrite what a newer one brought. */
  private inTurn(work: () => Promise<void>): void {
    this.taken = this.taken.then(work).catch(() => undefined); // a page that could not be fetched comes with the next
  }

  private async take(live: Live): Promise<void> {
    if (live.run.attempt > this.attempt && this.attempt > 0) {
      location.reload(); // it begins anew: its curves and numbers too
      return;
    }
    this.attempt = live.run.attempt;
    this.charts?.add(live.points, live.keys);
    this.root.dataset.started = live.run.started_at ?? '';
    this.log?.add(live.log);
    this.strip.show({ ...live.run, metrics: inStrip(live.metrics) });
    if (live.run.state === this.state) {
      this.renew(live.artifacts);
      this.tell(live.event);
    }
    if (live.run.state !== this.state) await this.change(live);
    else if (begun(live.run) > this.begun) {
      this.begun = begun(live.run);
      this.adopt(await refresh(RECORD, []));
    } else if (live.run.state === 'queued') {
      const words = one('[data-stat="waiting"]');
      if (words) setText(words, waiting(live.run.queue_position, live.run.waiting ?? ''));
    }
  }

  /** Fetches what is shown once more where there is more of it: at once, or when the last time is long enough ago. */
  private renew(artifacts: number): void {
    clearTimeout(this.waiting);
    if (artifacts === this.artifacts) return;
    this.waiting = setTimeout(() => {
      this.refreshed = Date.now();
      this.artifacts = artifacts;
      this.inTurn(async () => this.adopt(await refresh(RESULTS, [])));
    }, Math.max(0, this.refreshed + REFRESH_MS - Date.now()));
  }

  /** Shows what has happened to the run, such as a step of its end or a checkpoint; likewise. */
  private tell(event: number): void {
    if (event === this.event) return;
    this.event = event;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      this.told = Date.now();
      this.inTurn(async () => this.adopt(await refresh(HAPPENED, [])));
    }, Math.max(0, this.told + TELL_MS - Date.now()));
  }

  private async change(live: Live): Promise<void> {
    clearTimeout(this.waiting);
    clearTimeout(this.telling);
    this.event = live.event;
    this.state = live.run.state;
    this.begun = begun(live.run);
    this.root.classList.toggle('live', !isFinal(this.state));
    if (isFinal(this.state)) this.log?.finish();
    this.artifacts = live.artifacts;
    const keep = one('[data-chart]', this.root) ? ['charts'] : [];
    this.adopt(await refresh(undefined, keep));
    setText(one('#said'), `${this.title} is ${live.run.state.replace('_', ' ')}.`);
    document.title = isFinal(this.state) ? `${this.state.replace('_', ' ')} · ${this.title}` : document.title;
    if (!keep.length) this.drawCharts();
    else if (isFinal(this.state)) this.charts?.finish();
  }

  private adopt(swapped: Element[]): void {
    for (const element of swapped) {
      mount(element);
      element.dispatchEvent(new Event('fl:swapped', { bubbles: true }));
    }
  }

  private drawCharts(): void {
    const place = one('[data-charts]', this.root);
    if (!place) return;
    const { metrics = '', started = '' } = this.root.dataset;
    this.charts = new Charts(place, metrics, (Date.parse(started) || Date.now()) / 1000, !isFinal(this.state));
  }
}

/** Of the metrics that changed, those that stand among the numbers on top, or have room there. */
function inStrip(metrics: Metrics): Metrics {
  const there = new Set(all('[data-stat^="metric:"]').map((stat) => (stat.dataset.stat ?? '').slice('metric:'.length)));
  const room = Object.keys(metrics).filter((key) => !there.has(key) && !isSystem(key)).slice(0, Math.max(0, STRIP - there.size));
  const shown = new Set([...there, ...room]);
  return Object.fromEntries(Object.entries(metrics).filter(([key]) => shown.has(key)));
}

function offline(text: string): void {
  const strip = one('#offline');
  if (!strip) return;
  strip.hidden = !text;
  strip.replaceChildren(make('span', {}, text));
  one('#run')?.classList.toggle('stale', Boolean(text));
}

const root = one('#run');
if (root) {
  remember(document);
  new RunPage(root).follow();
}
