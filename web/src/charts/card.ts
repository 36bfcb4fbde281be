/** What a chart's card offers besides the chart: a larger view, and files of it. */

import { make } from '../dom';
import type { Chart } from './chart';

/**
 * @param address of the run's metrics; "" where they are not offered as a file
 * @param resized called when the chart became larger or smaller
 */
export function equip(card: HTMLElement, chart: Chart, address: string, resized: () => void): void {
  const csv = make('a', { class: 'btn small', download: fileName(chart.title, 'csv') }, 'CSV');
  const files = make('div', {}, button('PNG', () => void saved(chart, 'png')), button('SVG', () => void saved(chart, 'svg')), ...(address ? [csv] : []));
  const menu = make('details', { class: 'menu' }, make('summary', { class: 'btn small quiet' }, 'Save'), files);
  // Metrics may have joined the chart since.
  menu.addEventListener('toggle', () => (csv.href = `${address}?${csvQuery(chart.keys)}`));
  files.addEventListener('click', () => (menu.open = false));
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') menu.open = false;
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget as Node)) menu.open = false;
  });
  const enlarge = button('Enlarge', () => {
    const large = card.classList.toggle('wide');
    enlarge.setAttribute('aria-pressed', String(large));
    chart.enlarge(large);
    if (large) resized();
  });
  enlarge.classList.add('quiet');
  enlarge.setAttribute('aria-pressed', 'false');
  card.querySelector('header > .end')?.append(enlarge, menu);
}

/** Writes the chart to a file; what does that is loaded when it is first asked for. */
async function saved(chart: Chart, ending: 'png' | 'svg'): Promise<void> {
  const { savePng, saveSvg } = await import('./saving');
  const name = fileName(chart.title, ending);
  if (ending === 'png') await savePng(chart.picture(), name);
  else saveSvg(chart.picture(), name);
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = make('button', { type: 'button', class: 'btn small' }, text);
  made.addEventListener('click', act);
  return made;
}

const csvQuery = (keys: string[]): URLSearchParams =>
  new URLSearchParams([['format', 'csv'], ...keys.map((key): [string, string] => ['key', key])]);

const fileName = (title: string, ending: string): string => `${title.replace(/[^\p{L}\p{N}.-]+/gu, '_')}.${ending}`;
