/** Fetches the page again and swaps the sections that changed; what is the same stays, with all its state. */

import { all, one } from '../dom';

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
    if (keep.includes(name) || (only && !only.includes(name)) || isWrittenIn(old)) continue;
    const found = fresh.querySelector(`[data-section="${CSS.escape(name)}"]`);
    if (!found) {
      old.remove();
    } else if (written.get(old) !== written.get(found)) {
      const focused = focusedIn(old);
      swapped.push(...(swapParts(old, found) ?? swapWhole(old, found)));
      if (focused) one(focused, document)?.focus({ preventScroll: true });
    }
  }
  return swapped;
}

/** Whether somebody is writing in a section whose fields are theirs: it stays as it is until they send it. */
function isWrittenIn(section: HTMLElement): boolean {
  if (section.dataset.typed === undefined) return false;
  const fields = all<HTMLInputElement | HTMLTextAreaElement>('textarea, input:not([type=hidden])', section);
  return fields.some((field) => field === document.activeElement || field.value !== field.defaultValue);
}

/**
 * Swaps the parts of a section that changed and adds those that are new, in place: a frame that is moved loads anew,
 * and a field that is moved loses the focus. Undefined where anything else has changed too.
 */
function swapParts(old: Element, found: Element): Element[] | undefined {
  const [before, after] = [all('[data-part]', old), all('[data-part]', found)];
  if (!before.length || after.length < before.length || frameOf(old) !== frameOf(found)) return undefined;
  const swapped: Element[] = [];
  let last: Element | undefined;
  after.forEach((part, at) => {
    const there = before[at];
    if (there && written.get(there) === written.get(part)) last = there;
    else {
      if (there) there.replaceWith(part);
      else last?.after(part);
      swapped.push(part);
      last = part;
    }
  });
  written.set(old, written.get(found) ?? '');
  return swapped;
}

/** What a section is without its parts. */
const frameOf = (section: Element): string =>
  all('[data-part]', section).reduce((html, part) => html.replace(written.get(part) ?? '', ''), written.get(section) ?? '').replace(/\s+/g, ' ');

function swapWhole(old: Element, found: Element): Element[] {
  const known = new Map(all('[data-part]', old).map((part) => [written.get(part), part]));
  for (const part of all('[data-part]', found)) {
    const same = known.get(written.get(part));
    if (same && !same.querySelector('iframe')) part.replaceWith(same);
  }
  old.replaceWith(found);
  return [found];
}

/** How the field that has the focus is found again, if it lies in an element. */
function focusedIn(element: Element): string {
  const active = document.activeElement;
  const label = active?.getAttribute('aria-label');
  return active && label && element.contains(active) ? `${active.localName}[aria-label="${CSS.escape(label)}"]` : '';
}
