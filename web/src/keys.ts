/** Single keys; off in fields, with modifiers, and where somebody has turned them off (WCAG 2.1.4). */

import { all, one } from './dom';
import { toggleTheme } from './theme';

const PAIR_MS = 900;
const OFF = 'flasklab-keys-off';

let started = 0; // when "g" was pressed

export function listen(): void {
  const box = one<HTMLInputElement>('#keys-on');
  if (box) {
    box.checked = !isOff();
    box.addEventListener('change', () => localStorage.setItem(OFF, box.checked ? '' : '1'));
  }
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      (target.closest('form') ?? one<HTMLFormElement>('#parameters'))?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
    if (isField(target)) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    if (act(event.key)) event.preventDefault();
  });
}

const isOff = (): boolean => {
  try {
    return localStorage.getItem(OFF) === '1';
  } catch {
    return false;
  }
};

const isField = (target: Element): boolean =>
  /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) &&
  !/^(checkbox|radio|range|button)$/.test((target as HTMLInputElement).type);

function act(key: string): boolean {
  const paired = Date.now() - started < PAIR_MS;
  started = 0;
  if (paired && (key === 'h' || key === 'e')) return go(document.body.dataset.home);
  if (paired && key === 'r') return go(document.body.dataset.runs);
  if (key === 'g') started = Date.now();
  else if (key === 't') toggleTheme();
  else if (key === '?') one<HTMLDialogElement>('#keys')?.showModal();
  else if (key === '/') return focus(one('[data-key="/"]'));
  else if (key === 'j' || key === 'k') return step(all<HTMLAnchorElement>('[data-row]'), key === 'j' ? 1 : -1);
  else if (key === 'x') return choose();
  else if (key === 'c') return press('#chosen [value=compare]');
  else if (key === ']' || key === '[') return turn(key === ']' ? 1 : -1);
  else return false;
  return true;
}

function go(address: string | undefined): boolean {
  if (address) location.href = address;
  return true;
}

function focus(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  return Boolean(element);
}

function step(rows: HTMLElement[], by: number): boolean {
  const at = rows.indexOf(document.activeElement as HTMLElement);
  return focus(rows[Math.max(0, Math.min(rows.length - 1, at + by))]);
}

/** Chooses the row that has the focus, or no longer. */
function choose(): boolean {
  const box = document.activeElement?.closest('tr')?.querySelector<HTMLInputElement>('[name=run]');
  box?.click();
  return Boolean(box);
}

function press(selector: string): boolean {
  const button = one<HTMLButtonElement>(selector);
  if (!button?.checkVisibility()) return false;
  button.click();
  return true;
}

function turn(by: number): boolean {
  const tabs = all<HTMLAnchorElement>('.tabs a');
  const next = tabs[tabs.findIndex((tab) => tab.hasAttribute('aria-current')) + by];
  if (next) location.href = next.href;
  return Boolean(next);
}
