/** The few things every island does with the page. */

export const one = <T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T | null =>
  root.querySelector<T>(selector);

export const all = <T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] => [
  ...root.querySelectorAll<T>(selector),
];

/** A new element with attributes and children; text children are never read as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets an element's text only where it differs, so that nothing is laid out anew. */
export function setText(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

const TOASTS = 3;
const TOAST_MS = 5000;

/** Says something in a corner for some seconds. */
export function toast(text: string): void {
  const place = one('#toasts');
  if (!place) return;
  const note = make('div', {}, text);
  place.append(note);
  while (place.children.length > TOASTS) place.firstElementChild?.remove();
  setTimeout(() => note.remove(), TOAST_MS);
}
