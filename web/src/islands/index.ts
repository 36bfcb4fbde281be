/** What runs have shown, drawn in place; each kind of thing is loaded only where there is one. */

import { all, one } from '../dom';

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
  for (const slider of all<HTMLInputElement>('[data-frames]', root)) goThrough(slider);
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

/** JSON at an address. */
export async function fetchJson<T>(address: string): Promise<T> {
  return (await (await answerOf(address)).json()) as T;
}

/** A successful answer, or an error that says its status. */
export async function answerOf(address: string): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer;
}

const LEAST_PX = 80;
const MOST_PX = 4000;

// A sandboxed figure may say how tall it wants to be, and nothing else.
addEventListener('message', ({ source, data }: MessageEvent<{ fl?: string; h?: unknown } | null>) => {
  if (data?.fl !== 'height' || typeof data.h !== 'number' || !Number.isFinite(data.h)) return;
  const frame = all<HTMLIFrameElement>('.figure iframe').find((found) => found.contentWindow === source);
  if (frame) frame.style.height = `${Math.min(MOST_PX, Math.max(LEAST_PX, data.h))}px`;
});

interface Frame {
  step: number | null;
  url: string;
}

function goThrough(slider: HTMLInputElement): void {
  if ('ready' in slider.dataset) return;
  slider.dataset.ready = '';
  const frames = JSON.parse(slider.dataset.frames ?? '[]') as Frame[];
  const card = slider.closest<HTMLElement>('.figure');
  const place = card && one('[data-frame]', card);
  slider.addEventListener('input', () => {
    const frame = frames[Number(slider.value)];
    if (!frame || !place) return;
    const output = slider.parentElement && one('output', slider.parentElement);
    if (output) output.textContent = String(frame.step ?? '');
    if (place instanceof HTMLImageElement || place instanceof HTMLIFrameElement) place.src = frame.url;
    else {
      place.dataset.src = frame.url;
      place.replaceChildren();
      void start(place);
    }
  });
}
