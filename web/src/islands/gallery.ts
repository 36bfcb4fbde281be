/** Galleries: thumbnails of one height; the first ones are in the page, the others come when they are asked for. */

import { make, one } from '../dom';
import { framesAt, type Part } from './frames';
import { fresh } from './keys';

const FIRST = 24; // as many as the server writes
const TINY_PX = 48; // pictures of so few pixels are drawn with their pixels sharp

export function fill(list: HTMLElement, parts: Part[], name: string, most = FIRST): void {
  const items: HTMLElement[] = parts.slice(0, most).map((part) => make('li', {}, thumb(part, name)));
  if (parts.length > most) items.push(rest(list, parts, name));
  list.replaceChildren(...items);
}

function thumb(part: Part, name: string): HTMLElement {
  const picture = make('img', { src: fresh(part.url), alt: part.caption, loading: 'lazy', 'data-save': part.save });
  return make('button', { class: 'look', type: 'button', 'aria-label': `Enlarge ${name}: ${part.caption}` }, picture);
}

function rest(list: HTMLElement, parts: Part[], name: string): HTMLElement {
  const button = make('button', { class: 'btn small', type: 'button' }, `Show all ${parts.length}`);
  button.addEventListener('click', () => fill(list, parts, name, parts.length));
  return make('li', { class: 'rest' }, button);
}

/** Offers the pictures that the server left out. */
export function complete(list: HTMLElement): void {
  const address = list.dataset.more;
  if (!address || one('.rest', list)) return;
  const button = make('button', { class: 'btn small', type: 'button' }, 'Show all');
  button.addEventListener('click', async () => {
    const frames = await framesAt(address);
    const parts = frames.at(-1)?.parts ?? [];
    fill(list, parts, list.closest('.figure')?.getAttribute('aria-label') ?? '', parts.length);
    one(`li:nth-child(${FIRST + 1}) button`, list)?.focus();
  });
  list.append(make('li', { class: 'rest' }, button));
}

/** Few pixels are not blurred when they are enlarged. */
export const isTiny = (image: HTMLImageElement): boolean =>
  image.naturalWidth > 0 && Math.max(image.naturalWidth, image.naturalHeight) <= TINY_PX;
