/** All charts of a page: drawn when they come into view, steered together, their state in the address. */

import { all, make, one } from '../dom';
import { THEME } from '../theme';
import { equip } from './card';
import { Chart, type Board, type Look } from './chart';
import { Curves } from './curves';
import type { Points } from './curve';
import { family, isSystem } from './families';
import { spanOf, union } from './line';
import { Tools } from './tools';
import { readView, writeView, type Range } from './view';

/** Charts are fetched and drawn this far before they are scrolled to. */
const AHEAD_PX = 300;

/** The runs whose curves are drawn, where there are several. */
export interface Cast {
  startOf(key: string): number;
  lookOf(key: string): Look;
}

export class Charts implements Board {
  readonly view = readView(location.search);
  private readonly curves: Curves;
  private readonly charts = new Map<Element, Chart>();
  private readonly seen = new Set<Chart>();
  private readonly known = new Map<string, Chart>();
  private readonly watcher: IntersectionObserver;
  private readonly sizes: ResizeObserver;
  private readonly tools: Tools;
  private readonly system: boolean;
  private readonly most: number;

  /**
   * @param address of the run's metrics
   * @param start Unix seconds when the run began
   * @param live whether points still come
   * @param cast the runs, where there are several: then each key names one of them and its metric
   */
  constructor(
    private readonly root: HTMLElement,
    private readonly address: string,
    start: number,
    private live: boolean,
    private readonly cast?: Cast,
  ) {
    this.system = root.dataset.charts === 'system';
    this.most = Number(root.dataset.most ?? Infinity);
    this.curves = new Curves(address, start, (key) => this.renew(key), Boolean(cast));
    this.watcher = new IntersectionObserver((entries) => this.watch(entries), { rootMargin: `${AHEAD_PX}px` });
    this.sizes = new ResizeObserver((entries) => {
      for (const entry of entries) this.charts.get(entry.target)?.resize();
    });
    this.tools = new Tools(root, this.view, () => this.redraw());
    for (const card of all('[data-chart]', root)) this.adopt(card, JSON.parse(card.dataset.keys ?? '[]') as string[]);
    this.tools.show(this.charts.size);
    this.look();
    addEventListener(THEME, () => this.seen.forEach((chart) => chart.refresh()));
  }

  get overlay(): boolean {
    return Boolean(this.cast);
  }

  startOf(key: string): number {
    return this.cast?.startOf(key) ?? this.curves.start;
  }

  lookOf(key: string, at: number): Look {
    return this.cast?.lookOf(key) ?? { name: key, label: '', slot: at };
  }

  curve(key: string): ReturnType<Curves['get']> {
    return this.curves.get(key);
  }

  /** The metrics that somebody looks at. */
  keys(): string[] {
    return [...this.seen].flatMap((chart) => chart.keys);
  }

  /** Takes a live answer: a metric that has no chart yet gets one. */
  add(points: Record<string, Points>, fresh: string[]): void {
    for (const key of fresh) if (isSystem(key) === this.system && !this.known.has(key)) this.discover(key);
    this.curves.add(points);
  }

  /** The run has ended: what is in view is fetched once more, the rest when it comes into view. */
  finish(): void {
    this.live = false;
    for (const key of this.known.keys()) this.curves.expire(key);
    for (const chart of this.seen) this.fetch(chart);
  }

  bounds(): Range | null {
    const spans = [...this.curves.all()].map((curve) => spanOf([curve], { ...this.view, start: this.startOf(curve.key) }));
    return union(spans);
  }

  point(x: number | null): void {
    for (const chart of this.seen) chart.point(x);
  }

  zoom(range: Range | null): void {
    this.view.range = range;
    this.redraw();
  }

  /** Draws all charts as the view says now, keeps that in the address and asks for what it needs. */
  private redraw(): void {
    history.replaceState(history.state, '', `${location.pathname}${writeView(location.search, this.view)}${location.hash}`);
    this.tools.reflect();
    for (const chart of this.seen) chart.refresh();
    const wanted = [...this.seen].flatMap((chart) => chart.keys.map((key): [string, number] => [key, chart.width()]));
    this.curves.refine(this.view, () => new Map(wanted));
  }

  private watch(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const chart = this.charts.get(target);
      if (!chart) continue;
      if (isIntersecting) this.appear(chart);
      else if (this.seen.delete(chart)) this.vanish(chart);
    }
  }

  /** What is in view at the start, without waiting for the browser to tell. */
  private look(): void {
    for (const [place, chart] of this.charts) {
      const { top, bottom, width } = place.getBoundingClientRect();
      if (width && top < innerHeight + AHEAD_PX && bottom > -AHEAD_PX) this.appear(chart);
    }
    if (this.view.range) this.redraw();
  }

  private appear(chart: Chart): void {
    if (this.seen.has(chart)) return;
    this.seen.add(chart);
    this.fetch(chart);
    chart.refresh();
  }

  private vanish(chart: Chart): void {
    chart.release();
    if (this.live) chart.keys.forEach((key) => this.curves.expire(key));
  }

  private fetch(chart: Chart): void {
    for (const key of chart.keys) {
      this.curves.show(key, chart.width());
      this.curves.detailNow(this.view, key, chart.width());
    }
  }

  private renew(key: string): void {
    const chart = this.known.get(key);
    if (!chart || !this.seen.has(chart)) return;
    this.curves.show(key, chart.width());
    chart.refresh();
  }

  private adopt(card: HTMLElement, keys: string[]): Chart | undefined {
    const place = one('.chart', card);
    if (!place) return undefined;
    const chart = new Chart(place, card.dataset.chart ?? '', keys, this);
    for (const key of keys) this.known.set(key, chart);
    this.charts.set(place, chart);
    this.watcher.observe(place);
    this.sizes.observe(place);
    equip(card, chart, this.cast ? '' : this.address, () => this.fetch(chart));
    return chart;
  }

  /** Gives a metric that is new its place. */
  private discover(key: string): void {
    const [section, title] = family(key);
    const tiles = this.tiles(section);
    const card = all('[data-chart]', tiles).find((found) => found.dataset.chart === title);
    const chart = card && this.charts.get(one('.chart', card) ?? card);
    if (chart) {
      chart.keys.push(key);
      this.known.set(key, chart);
      if (this.seen.has(chart)) this.fetch(chart);
    } else if (this.charts.size < this.most) {
      const place = make('div', { class: 'chart', tabindex: '0', role: 'img', 'aria-label': `Curve of ${title}` });
      const head = make('header', {}, make('h2', {}, title), make('div', { class: 'end' }));
      const made = make('section', { class: 'card', 'aria-label': title, 'data-chart': title }, head, place);
      tiles.append(made);
      this.adopt(made, [key]);
      this.tools.show(this.charts.size);
    } else {
      const more = one('[data-more-charts]', this.root);
      if (more) more.hidden = false;
    }
  }

  private tiles(section: string): HTMLElement {
    const found = all('[data-charts-of]', this.root).find((each) => each.dataset.chartsOf === section);
    if (found) return found;
    one('.empty', this.root)?.closest('.card')?.remove();
    const tiles = make('div', { class: 'tiles', 'data-charts-of': section });
    const fold = make('details', { class: 'fold', open: '' }, make('summary', {}, make('h2', {}, section)), tiles);
    const place = section ? fold : tiles;
    const more = one('[data-more-charts]', this.root);
    if (more) more.before(place);
    else this.root.append(place);
    return tiles;
  }
}

