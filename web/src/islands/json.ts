/** JSON as a tree that folds. */

import { make } from '../dom';
import { fetchJson } from './answers';

const MOST_ITEMS = 500; // of one object or list
const OPEN_LEVELS = 2;

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const value: unknown = place.dataset.json ? JSON.parse(place.dataset.json) : await fetchJson(address);
  place.replaceChildren(branch('', value, 0));
}

function branch(key: string, value: unknown, level: number): HTMLElement {
  const name = key ? make('span', { class: 'key' }, `${key}: `) : '';
  if (value === null || typeof value !== 'object') return make('div', {}, name, leaf(value));
  const entries = Object.entries(value);
  const summary = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  const details = make('details', {}, make('summary', {}, name, make('span', { class: 'muted' }, summary)));
  const fill = (): void => {
    if (details.children.length > 1) return;
    details.append(...entries.slice(0, MOST_ITEMS).map(([inner, item]) => branch(inner, item, level + 1)));
    if (entries.length > MOST_ITEMS) details.append(make('div', {}, `… ${entries.length - MOST_ITEMS} more`));
  };
  details.addEventListener('toggle', fill);
  if (level < OPEN_LEVELS) {
    fill();
    details.open = true;
  }
  return details;
}

const leaf = (value: unknown): HTMLElement =>
  make('span', { class: typeof value }, typeof value === 'string' ? JSON.stringify(value) : String(value));
