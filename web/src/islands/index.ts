/** What runs have shown, drawn in place; each kind of thing is loaded only where there is one. */

import { all, one } from '../dom';
import { complete, isTiny } from './gallery';
import { keepFresh } from './keys';
import { goThrough } from './steps';

type Draw = (place: HTMLElement, address: string) => Promise<void>;

const KINDS: Record<string, () => Promise<{ draw: Draw }>> = {
  'fl-table': () => import('./table'),
  'fl-array': () => import('./array'),
  'fl-histogram': () => import('./histogram'),
  'fl-json': () => import('./json'),
  'fl-markdown': () => import('./markdown'),
  'fl-text': () => import('./text'),
};

/** Draws everything below `root` when it comes into view. */
export function mount(root: ParentNode): void {
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        void start(target as HTMLElement);
      }
    },
    { rootMargin: '400px' },
  );
  for (const place of all(Object.keys(KINDS).join(','), root)) {
    if ('drawn' in place.dataset) continue;
    place.dataset.drawn = '';
    watcher.observe(place);
  }
  for (const slider of all<HTMLInputElement>('[data-steps]', root)) goThrough(slider, (place) => void start(place));
  for (const list of all('.gallery[data-more]', root)) complete(list);
  for (const form of all<HTMLFormElement>('[data-figures]', root)) useTools(form);
}

async function start(place: HTMLElement): Promise<void> {
  const load = KINDS[place.localName];
  if (!load) return;
  try {
    const { draw } = await load();
    await draw(place, place.dataset.src ?? '');
  } catch (error) {
    place.replaceChildren(`It could not be drawn: ${error instanceof Error ? error.message : String(error)}`);
    place.className = 'empty small';
  }
}

/** The filter by name works as one types; without JavaScript it asks the server. */
function useTools(form: HTMLFormElement): void {
  if ('ready' in form.dataset) return;
  form.dataset.ready = '';
  const input = one<HTMLInputElement>('[type=search]', form);
  const link = one('[data-link]', form);
  if (link) link.hidden = all('[data-steps]').length < 2;
  const cards = all('.figure');
  const found = one('[data-found]', form);
  const whole = found?.textContent?.split(' of ') ?? [];
  if (whole[0] !== whole[1]) return; // some are not in the page: the server filters
  input?.addEventListener('input', () => {
    const text = input.value.trim().toLowerCase();
    for (const card of cards) card.hidden = !(card.getAttribute('aria-label') ?? '').toLowerCase().includes(text);
    if (found) found.textContent = `${cards.filter((card) => !card.hidden).length} of ${cards.length}`;
  });
}

keepFresh();

document.addEventListener('click', async (event) => {
  const button = (event.target as Element).closest<HTMLElement>('.look');
  if (button) (await import('./viewer')).open(button);
});

// Loading does not bubble, but can be caught on its way down.
document.addEventListener(
  'load',
  ({ target }) => {
    if (target instanceof HTMLImageElement && target.closest('.look')) target.classList.toggle('tiny', isTiny(target));
  },
  true,
);

const LEAST_PX = 80;
const MOST_PX = 4000;

// A sandboxed figure may say how tall it wants to be, and nothing else.
addEventListener('message', ({ source, data }: MessageEvent<{ fl?: string; h?: unknown } | null>) => {
  if (data?.fl !== 'height' || typeof data.h !== 'number' || !Number.isFinite(data.h)) return;
  const frame = all<HTMLIFrameElement>('.figure iframe').find((found) => found.contentWindow === source);
  if (frame) frame.style.height = `${Math.min(MOST_PX, Math.max(LEAST_PX, data.h))}px`;
});
