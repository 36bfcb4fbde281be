/** A file by dropping it on its field. */

import { all, make, one } from '../dom';
import { size } from '../format';

/** Whether a file's name has one of the endings of an `accept` attribute. */
export function isAccepted(name: string, accept: string): boolean {
  const endings = accept.split(',').map((ending) => ending.trim().toLowerCase());
  return accept === '' || endings.some((ending) => name.toLowerCase().endsWith(ending));
}

export function allowDrops(form: HTMLFormElement): void {
  for (const zone of all('[data-drop]', form)) {
    const input = one<HTMLInputElement>('input[type=file]', zone);
    if (!input) continue;
    for (const kind of ['dragenter', 'dragover'])
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.add('over');
      });
    for (const kind of ['dragleave', 'drop']) zone.addEventListener(kind, () => zone.classList.remove('over'));
    zone.addEventListener('drop', (event) => {
      event.preventDefault();
      const files = event.dataTransfer?.files;
      if (!files?.length) return;
      input.files = files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    input.addEventListener('change', () => describe(zone, input));
  }
}

function describe(zone: HTMLElement, input: HTMLInputElement): void {
  const file = input.files?.[0];
  const kept = one('[data-kept]', zone);
  if (kept && file) kept.hidden = true;
  const hint = one('[data-drop-hint]', zone);
  if (!hint || !file) return;
  const fits = isAccepted(file.name, input.accept);
  input.setCustomValidity(fits ? '' : `Choose a file that ends in ${input.accept.replaceAll(',', ', ')}.`);
  hint.replaceChildren(fits ? size(file.size) : make('span', { class: 'bad-text' }, input.validationMessage));
}
