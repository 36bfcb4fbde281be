/** Fetches the page again and swaps the sections that changed; what is the same stays, with all its state. */

import { all } from '../dom';

/** Each section as the server wrote it, before any island touched it. */
const written = new WeakMap<Element, string>();

/** A page's HTML without what differs from one answer to the next: tokens of forms, keys in addresses. */
export const withoutTokens = (html: string): string =>
  html.replace(/name="csrf_token" value="[^"]*"/g, '').replace(/\/shown\/[^/"]+\//g, '/shown/-/');

export function remember(root: ParentNode): void {
  for (const element of all('[data-section], [data-part]', root)) written.set(element, withoutTokens(element.outerHTML));
}

/**
 * Swaps changed sections.
 *
 * @param only names of the sections to look at; all when not given
 * @param keep names of sections that an island keeps up to date itself
 * @returns the elements that are new in the page
 */
export async function refresh(only: string[] | undefined, keep: string[]): Promise<Element[]> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok) return [];
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  remember(fresh);
  const swapped: Element[] = [];
  for (const old of all('[data-section]')) {
    const name = old.dataset.section ?? '';
    if (keep.includes(name) || (only && !only.includes(name))) continue;
    const found = fresh.querySelector(`[data-section="${CSS.escape(name)}"]`);
    if (!found) {
      old.remove();
    } else if (written.get(old) !== written.get(found)) {
      keepSame(old, found);
      old.replaceWith(found);
      swapped.push(found);
    }
  }
  return swapped;
}

/** Parts of a changed section that are the same as before move over, so that no picture flickers. */
function keepSame(old: Element, found: Element): void {
  const known = new Map(all('[data-part]', old).map((part) => [written.get(part), part]));
  for (const part of all('[data-part]', found)) {
    const same = known.get(written.get(part));
    if (same && !same.querySelector('iframe')) part.replaceWith(same);
  }
}
