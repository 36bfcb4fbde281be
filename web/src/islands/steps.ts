/**
 * A slider through the steps that something was shown at: the picture and the links to its files follow it.
 *
 * Where the reader put it, it stays when the page is filled in anew; at the end, it goes on with the run.
 */

import { all, one } from '../dom';
import { framesAt, type Frame } from './frames';
import { fill } from './gallery';
import { fresh } from './keys';

type Draw = (place: HTMLElement) => void;

/** Steps that sliders were left at, by the name of the thing; none for those at the end. */
const left = new Map<string, number | null>();

export function goThrough(slider: HTMLInputElement, draw: Draw): void {
  if ('ready' in slider.dataset) return;
  slider.dataset.ready = '';
  const card = slider.closest<HTMLElement>('.figure');
  if (!card) return;
  const name = card.getAttribute('aria-label') ?? '';
  let wanted = 0;
  const go = async (): Promise<void> => {
    const turn = ++wanted;
    const frames = await framesAt(slider.dataset.steps ?? '', Number(slider.max) + 1);
    const found = frames[Number(slider.value)];
    if (turn !== wanted || !found) return; // moved on meanwhile
    if (Number(slider.value) < Number(slider.max)) left.set(name, found.step);
    else left.delete(name);
    say(slider, found, frames.length);
    show(card, found, draw);
    prefetch(frames, Number(slider.value));
  };
  const failed = (): void => void card.classList.add('stale');
  slider.addEventListener('input', () => {
    go().catch(failed);
    if (!linked()) return;
    const others = all<HTMLInputElement>('[data-steps]').filter((other) => other !== slider);
    framesAt(slider.dataset.steps ?? '')
      .then((frames) => others.forEach((other) => void follow(other, frames[Number(slider.value)]?.step ?? null)))
      .catch(failed);
  });
  slider.addEventListener('fl:go', () => void go().catch(failed));
  slider.addEventListener('pointerenter', () => void framesAt(slider.dataset.steps ?? '').catch(failed), { once: true });
  const kept = left.get(name);
  if (kept !== undefined) void follow(slider, kept);
}

/** Moves a slider to the last of its steps that is not after `step`. */
async function follow(slider: HTMLInputElement, step: number | null): Promise<void> {
  const frames = await framesAt(slider.dataset.steps ?? '', Number(slider.max) + 1);
  slider.value = String(lastUpTo(frames.map((frame) => frame.step), step));
  slider.dispatchEvent(new Event('fl:go'));
}

/** Where in rising `steps` the last one stands that is not after `step`; 0 before all of them. */
export function lastUpTo(steps: (number | null)[], step: number | null): number {
  if (step === null) return 0;
  const after = steps.findIndex((one) => one !== null && one > step);
  return after < 0 ? steps.length - 1 : Math.max(0, after - 1);
}

const linked = (): boolean => Boolean(one<HTMLInputElement>('[data-link] input')?.checked);

function say(slider: HTMLInputElement, { step }: Frame, count: number): void {
  const place = slider.parentElement;
  const output = place && one('output', place);
  const words = place && one('small', place);
  const at = Number(slider.value) + 1;
  if (output) output.textContent = String(step ?? '–');
  if (words) words.textContent = `(${at} of ${count})`;
  slider.setAttribute('aria-valuetext', `step ${step ?? 'none'}, ${at} of ${count}`);
}

function show(card: HTMLElement, frame: Frame, draw: Draw): void {
  link(card, frame);
  const place = one('[data-frame]', card);
  const part = frame.parts[0];
  if (!place || !part) return;
  const address = fresh(part.url);
  if (place instanceof HTMLUListElement) fill(place, frame.parts, card.getAttribute('aria-label') ?? '');
  else if (place instanceof HTMLImageElement) place.src = address;
  else if (place instanceof HTMLIFrameElement || place instanceof HTMLMediaElement) place.src = address;
  else {
    place.dataset.src = address;
    if (place.dataset.rows !== undefined) place.dataset.rows = frame.rows;
    draw(place);
  }
}

/** Pictures on either side, so that the next move is drawn at once. */
function prefetch(frames: Frame[], at: number): void {
  for (const near of [frames[at - 1], frames[at + 1]])
    for (const part of near?.parts.slice(0, 1) ?? []) if (part.width) new Image().src = fresh(part.url);
}

/** Makes the card's links lead to the files of a step, of which there may be more or fewer than at another. */
function link(card: HTMLElement, { files }: Frame): void {
  const old = all<HTMLAnchorElement>('[data-file]', card);
  const fresh = files.map(({ label, title, url }) => {
    const made = old[0]?.cloneNode(true) as HTMLAnchorElement;
    Object.assign(made, { href: url, title, textContent: label });
    return made;
  });
  if (old[0]) old[0].parentElement?.replaceChildren(...fresh);
}
