/** On every page: stylesheet, htmx, theme, keys, copying, ages that stay true. */

import './app.css';
import htmx from 'htmx.org';
import { ago } from './format';
import { all, one, toast } from './dom';
import { listen } from './keys';
import { toggleTheme } from './theme';

htmx.config.includeIndicatorCSS = false; // the content security policy refuses inline styles

one('#theme')?.addEventListener('click', toggleTheme);
listen();

document.addEventListener('click', async (event) => {
  const target = event.target as Element;
  for (const menu of all<HTMLDetailsElement>('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
  const button = target.closest<HTMLElement>('[data-copy], [data-copy-link]');
  if (!button) return;
  const link = button.dataset.copyLink;
  await copy(link === undefined ? (button.dataset.copy ?? '') : new URL(link, location.href).href);
  button.closest('details.menu')?.removeAttribute('open');
});

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied');
  } catch {
    toast('The browser did not allow copying. Select the text instead.');
  }
}

/** Times of the record in the reader's own zone. */
function localize(root: ParentNode): void {
  for (const time of all<HTMLTimeElement>('time[data-local]', root)) {
    const at = new Date(time.dateTime);
    const two = (part: number): string => String(part).padStart(2, '0');
    const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    time.textContent = `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  }
}

function refreshAges(): void {
  if (document.hidden) return;
  for (const time of all<HTMLTimeElement>('time[data-ago]')) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    time.textContent = ago(seconds, time.dateTime.slice(0, 10));
  }
}
setInterval(refreshAges, 10_000);

localize(document);
document.addEventListener('fl:swapped', (event) => localize(event.target as Element));
one('#problems')?.focus();
