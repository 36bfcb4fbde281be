/** JSON as a tree that folds; long lists and long texts show a part until more is asked for. */

import { make } from '../dom';
import { answerOf } from './answers';

const PIECE = 200; // items of one object or list that are added at once
const LONG_TEXT = 1_000; // characters
const OPEN_LEVELS = 2;
const OPEN_ITEMS = 100; // items of a branch that is open from the beginning

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const source = place.dataset.json ?? (await (await answerOf(address)).text());
  place.tabIndex = 0;
  place.setAttribute('role', 'group');
  place.setAttribute('aria-label', place.closest('[aria-label]')?.getAttribute('aria-label') ?? 'JSON');
  try {
    place.replaceChildren(branch('', JSON.parse(source) as unknown, 0));
  } catch {
    place.replaceChildren(make('pre', { class: 'code wrap' }, source)); // what is no JSON after all is read as text
  }
}

function branch(key: string, value: unknown, level: number): HTMLElement {
  const name = key ? make('span', { class: 'key' }, `${key}: `) : '';
  if (value === null || typeof value !== 'object') return make('div', {}, name, leaf(value));
  const keys = Object.keys(value);
  const summary = Array.isArray(value) ? `[${keys.length}]` : `{${keys.length}}`;
  const details = make('details', {}, make('summary', {}, name, make('span', { class: 'muted' }, summary)));
  let filled = 0;
  const fill = (): void => {
    const piece = keys.slice(filled, filled + PIECE);
    filled += piece.length;
    details.append(...piece.map((inner) => branch(inner, (value as Record<string, unknown>)[inner], level + 1)));
    if (filled < keys.length) details.append(more(`Show more of ${keys.length - filled}`, fill));
  };
  const first = (): void => {
    if (!filled) fill();
  };
  details.addEventListener('toggle', first);
  if (level === 0 || (level < OPEN_LEVELS && keys.length <= OPEN_ITEMS)) {
    first();
    details.open = true;
  }
  return details;
}

function leaf(value: unknown): HTMLElement {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const place = make('span', { class: value === null ? 'muted' : typeof value }, text.slice(0, LONG_TEXT));
  if (text.length > LONG_TEXT) place.append('…', more('Show all of it', () => place.replaceChildren(text)));
  return place;
}

function more(words: string, act: () => void): HTMLElement {
  const button = make('button', { class: 'btn small quiet', type: 'button' }, words);
  const place = make('div', {}, button);
  button.addEventListener('click', () => {
    place.remove();
    act();
  });
  return place;
}
