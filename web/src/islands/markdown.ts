/**
 * Markdown that the server has set as HTML. Nothing of that answer enters the page as it is: the elements and attributes
 * that are known here are built anew, of all others only the text stays.
 */

import { make } from '../dom';
import { answerOf } from './answers';

const KNOWN = new Set(
  'a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul'.split(' '),
);
const READ = /^(?:https?:|mailto:)/i;

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const html = await (await answerOf(`${address}${address.includes('?') ? '&' : '?'}rendered`)).text();
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  place.tabIndex = 0; // long ones scroll
  place.setAttribute('role', 'group');
  place.setAttribute('aria-label', place.closest('.figure')?.getAttribute('aria-label') ?? 'Text');
  place.replaceChildren(...[...body.childNodes].flatMap(built));
}

function built(node: Node): (Node | string)[] {
  if (node.nodeType === Node.TEXT_NODE) return [node.textContent ?? ''];
  if (!(node instanceof HTMLElement)) return [];
  const inside = [...node.childNodes].flatMap(built);
  if (!KNOWN.has(node.localName)) return inside;
  const element = make(lowered(node.localName) as 'p', {}, ...inside);
  const align = node.getAttribute('align') ?? '';
  if (align === 'right' || align === 'center') element.classList.add(align);
  const start = node.getAttribute('start');
  if (node.localName === 'ol' && start && /^\d{1,9}$/.test(start)) element.setAttribute('start', start);
  const target = node.getAttribute('href') ?? '';
  if (node.localName === 'a' && READ.test(target)) {
    element.setAttribute('href', target);
    element.setAttribute('rel', 'noopener noreferrer nofollow');
    element.setAttribute('target', '_blank');
  }
  return [element];
}

/** The page's own headings end at the second level, so a text's begin at the third. */
const lowered = (name: string): string => name.replace(/^h([1-6])$/, (_, level: string) => `h${Math.min(6, Number(level) + 2)}`);
