/** A slider through the steps that something was shown at: the picture and the links to its files follow it. */

import { all, one } from '../dom';

interface Step {
  step: number | null;
  url: string;
  files: { label: string; title: string; url: string }[];
}

/**
 * Makes a slider go through its steps, once.
 *
 * @param draw draws an element that an island fills
 */
export function goThrough(slider: HTMLInputElement, draw: (place: HTMLElement) => void): void {
  if ('ready' in slider.dataset) return;
  slider.dataset.ready = '';
  const steps = JSON.parse(slider.dataset.frames ?? '[]') as Step[];
  const card = slider.closest<HTMLElement>('.figure');
  const place = card && one('[data-frame]', card);
  slider.addEventListener('input', () => {
    const found = steps[Number(slider.value)];
    if (!card || !found) return;
    const output = slider.parentElement && one('output', slider.parentElement);
    if (output) output.textContent = String(found.step ?? '');
    link(card, found);
    if (place instanceof HTMLImageElement || place instanceof HTMLIFrameElement) place.src = found.url;
    else if (place) {
      place.dataset.src = found.url;
      place.replaceChildren();
      draw(place);
    }
  });
}

/** Makes the card's links lead to the files of a step, of which there may be more or fewer than at another. */
function link(card: HTMLElement, { files }: Step): void {
  const old = all<HTMLAnchorElement>('[data-file]', card);
  const fresh = files.map(({ label, title, url }) => {
    const made = old[0]?.cloneNode(true) as HTMLAnchorElement;
    Object.assign(made, { href: url, title });
    if (made.lastChild) made.lastChild.textContent = label;
    return made;
  });
  old[0]?.parentElement?.replaceChildren(...fresh);
}
