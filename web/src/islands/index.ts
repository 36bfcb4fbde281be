/** What runs have shown, drawn in place; each kind of thing is loaded only where there is one. */

import { all } from '../dom';
import { goThrough } from './steps';

type Draw = (place: HTMLElement, address: string) => Promise<void>;

const KINDS: Record<string, () => Promise<{ draw: Draw }>> = {
  'fl-table': () => import('./table'),
  'fl-array': () => import('./array'),
  'fl-json': () => import('./json'),
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
  for (const slider of all<HTMLInputElement>('[data-frames]', root)) goThrough(slider, (place) => void start(place));
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

const LEAST_PX = 80;
const MOST_PX = 4000;

// A sandboxed figure may say how tall it wants to be, and nothing else.
addEventListener('message', ({ source, data }: MessageEvent<{ fl?: string; h?: unknown } | null>) => {
  if (data?.fl !== 'height' || typeof data.h !== 'number' || !Number.isFinite(data.h)) return;
  const frame = all<HTMLIFrameElement>('.figure iframe').find((found) => found.contentWindow === source);
  if (frame) frame.style.height = `${Math.min(MOST_PX, Math.max(LEAST_PX, data.h))}px`;
});
