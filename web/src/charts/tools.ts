/** The row of tools above the charts of a page. */

import { all, one } from '../dom';
import type { View } from './view';

/** So many charts are found at a glance; more get a box to filter them by name. */
const GLANCE = 12;

export class Tools {
  private readonly row: HTMLElement | null;

  /**
   * @param root of all charts
   * @param view what the tools change
   * @param changed called after a change
   */
  constructor(
    private readonly root: HTMLElement,
    private readonly view: View,
    private readonly changed: () => void,
  ) {
    this.row = one('[data-chart-tools]', root);
    this.row?.addEventListener('input', () => this.read());
    this.find('[data-reset]')?.addEventListener('click', () => {
      view.range = null;
      changed();
    });
    this.write();
  }

  /** There are so many charts now. */
  show(charts: number): void {
    if (this.row) this.row.hidden = !charts;
    const filter = this.find('[data-chart-filter]');
    if (filter) filter.hidden = charts <= GLANCE && !this.view.filter;
    this.filter();
  }

  /** Shows whether the charts are zoomed. */
  reflect(): void {
    const reset = this.find('[data-reset]');
    if (reset) reset.hidden = !this.view.range;
    const hint = this.find('[data-hint]');
    if (hint) hint.hidden = Boolean(this.view.range);
  }

  private find<T extends HTMLElement>(selector: string): T | null {
    return this.row && one<T>(selector, this.row);
  }

  private write(): void {
    const { view } = this;
    const set = (selector: string, change: Partial<HTMLInputElement>): unknown =>
      Object.assign(this.find(selector) ?? {}, change);
    set('#smoothing', { value: String(view.smoothing) });
    set('#log-y', { checked: view.logY });
    set('#log-x', { checked: view.logX });
    set('#over', { value: view.over });
    set('#chart-filter', { value: view.filter });
    this.reflect();
  }

  private read(): void {
    const { view } = this;
    const over = this.find<HTMLSelectElement>('#over')?.value;
    if (over !== view.over) view.range = null; // of other units
    view.over = over === 'times' || over === 'relative' ? over : 'steps';
    view.smoothing = Number(this.find<HTMLInputElement>('#smoothing')?.value ?? 0);
    view.logY = Boolean(this.find<HTMLInputElement>('#log-y')?.checked);
    view.logX = Boolean(this.find<HTMLInputElement>('#log-x')?.checked);
    if (view.logX && view.range && view.range.low <= 0) view.range = null;
    view.filter = this.find<HTMLInputElement>('#chart-filter')?.value.trim() ?? '';
    this.filter();
    this.changed();
  }

  /** Hides the charts whose name and metrics do not hold the filter's text. */
  private filter(): void {
    const text = this.view.filter.toLowerCase();
    for (const card of all('[data-chart]', this.root)) {
      const names = `${card.dataset.chart} ${card.dataset.keys ?? ''} ${card.parentElement?.dataset.chartsOf ?? ''}`;
      card.hidden = !names.toLowerCase().includes(text);
    }
    for (const fold of all('details.fold', this.root)) fold.hidden = !one('[data-chart]:not([hidden])', fold);
    const nothing = this.find('[data-none]');
    if (nothing) nothing.hidden = Boolean(one('[data-chart]:not([hidden])', this.root)) || !text;
  }
}
