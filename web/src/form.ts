/** The form: everything works without this; it adds sliders, dice, reset dots, dropping, live copies. */

import { all, one } from './dom';
import { followAlready } from './form/already';
import { showChanges } from './form/changes';
import { allowDrops } from './form/drop';
import { checkOnBlur, firstInvalid } from './form/validity';
import { linkSliders } from './form/sliders';

const form = one<HTMLFormElement>('#parameters');
if (form) {
  linkSliders(form);
  allowDrops(form);
  checkOnBlur(form);
  showChanges(form);
  followAlready(form);
  for (const button of all<HTMLButtonElement>('[data-dice]', form)) {
    button.addEventListener('click', () => draw(button.dataset.dice ?? ''));
  }
  one('#preset-name')?.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    one<HTMLButtonElement>('#preset-save')?.click();
  });
  form.addEventListener('submit', (event) => {
    const invalid = firstInvalid(form);
    if (invalid) {
      event.preventDefault();
      invalid.focus();
      return;
    }
    const start = one<HTMLButtonElement>('#start');
    // After the form is gathered, so that a second press starts nothing twice.
    if (start) setTimeout(() => (start.disabled = true));
  });
  // Back from the run's page: the browser may show the page as it was left.
  addEventListener('pageshow', () => {
    const start = one<HTMLButtonElement>('#start');
    if (start) start.disabled = false;
  });
}

function draw(id: string): void {
  const input = document.getElementById(id) as HTMLInputElement | null;
  if (!input) return;
  const highest = input.max ? Number(input.max) : 2 ** 31 - 1;
  const lowest = input.min ? Number(input.min) : 0;
  input.value = String(lowest + Math.floor(Math.random() * (highest - lowest + 1)));
  input.dispatchEvent(new Event('input', { bubbles: true }));
}
