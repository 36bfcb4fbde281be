/** All charts of a page: drawn when they come into view, fed by the live answers, steered by one row of tools. */

import { all, make, one } from '../dom';
import { THEME } from '../theme';
import { Chart, type View } from './chart';
import { family } from './families';
import type { Points } from './live';
import { append, emptyCurve, type Curve } from './series';

/** Charts are drawn this far before they are scrolled to. */
const AHEAD = '300px';

export class Charts {
  private readonly curves = new Map<string, Curve>();
  private readonly charts = new Map<Element, Chart>();
  private readonly seen = new Set<Element>();
  private readonly view: View = { smoothing: 0, log: false, over: 'steps' };
  private readonly watcher: IntersectionObserver;
  private readonly sizes: ResizeObserver;

  constructor(private readonly root: HTMLElement) {
    this.watcher = new IntersectionObserver((entries) => this.appear(entries), { rootMargin: AHEAD });
    this.sizes = new ResizeObserver((entries) => {
      for (const entry of entries) this.charts.get(entry.target)?.resize();
    });
    for (const card of all('[data-chart]', root)) this.adopt(card);
    this.useTools();
    addEventListener(THEME, () => this.rebuild());
  }

  /** Takes new points; a metric that has no chart yet gets one. */
  add(points: Record<string, Points>): void {
    for (const [key, found] of Object.entries(points)) {
      let curve = this.curves.get(key);
      if (!curve) this.curves.set(key, (curve = emptyCurve()));
      append(curve, found);
      const card = this.card(key);
      const place = one('.chart', card);
      const chart = place && this.charts.get(place);
      if (!chart) continue;
      if (!chart.keys.includes(key)) {
        chart.keys.push(key);
        chart.rebuild();
      } else if (this.seen.has(place)) {
        if (curve.values.length <= 2) chart.rebuild(); // a lone point is drawn as a dot, a second makes a line
        else chart.refresh();
      }
    }
  }

  private appear(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting || this.seen.has(target)) continue;
      this.seen.add(target);
      this.charts.get(target)?.refresh();
    }
  }

  private adopt(card: HTMLElement): void {
    const place = one('.chart', card);
    if (!place) return;
    const tools = one('[data-chart-tools]', this.root);
    if (tools) tools.hidden = false;
    const chart = new Chart(place, [], this.curves, this.view);
    this.charts.set(place, chart);
    this.watcher.observe(place);
    this.sizes.observe(place);
    const button = one<HTMLButtonElement>('[data-png]', card);
    button?.addEventListener('click', () => save(chart.picture(), card.dataset.chart ?? 'chart'));
  }

  private card(key: string): HTMLElement {
    const [section, title] = family(key);
    let tiles = all('[data-charts-of]', this.root).find((found) => found.dataset.chartsOf === section);
    if (!tiles) {
      one('.empty', this.root)?.closest('.card')?.remove();
      if (section) this.root.append(make('h2', {}, section));
      tiles = make('div', { class: 'tiles', 'data-charts-of': section });
      this.root.append(tiles);
    }
    const found = all('[data-chart]', tiles).find((card) => card.dataset.chart === title);
    if (found) return found;
    const place = make('div', { class: 'chart', tabindex: '0', role: 'img', 'aria-label': `Curve of ${title}` });
    const png = make('button', { type: 'button', class: 'btn small quiet', 'data-png': '' }, 'PNG');
    const head = make('header', {}, make('h2', {}, title), make('div', { class: 'end' }, png));
    const card = make('section', { class: 'card', 'aria-label': title, 'data-chart': title }, head, place);
    tiles.append(card);
    this.adopt(card);
    return card;
  }

  private rebuild(): void {
    for (const place of this.seen) this.charts.get(place)?.rebuild();
  }

  private useTools(): void {
    const tools = one('[data-chart-tools]', this.root);
    if (!tools) return;
    tools.addEventListener('input', () => {
      this.view.smoothing = Number(one<HTMLInputElement>('#smoothing', tools)?.value ?? 0);
      this.view.log = Boolean(one<HTMLInputElement>('#log-scale', tools)?.checked);
      this.view.over = one<HTMLSelectElement>('#over', tools)?.value === 'times' ? 'times' : 'steps';
      this.rebuild();
    });
  }
}

function save(canvas: HTMLCanvasElement | undefined, title: string): void {
  canvas?.toBlob((blob) => {
    if (!blob) return;
    const link = make('a', { href: URL.createObjectURL(blob), download: `${title.replace(/[^\w.-]+/g, '_')}.png` });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
