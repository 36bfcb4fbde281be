/** What the browser knows to be wrong is said beside the field when it is left, and once more when the form is sent. */

import { all, make, one } from '../dom';

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Steps are the schema's to judge: a browser counts them from the minimum. */
const isWrong = (control: Control): boolean => {
  const found = control.validity;
  return !found.valid && !(found.stepMismatch && !found.badInput && !found.rangeOverflow && !found.rangeUnderflow);
};

export function checkOnBlur(form: HTMLFormElement): void {
  form.addEventListener('focusout', (event) => {
    const control = event.target as Control;
    if ('validity' in control && control.name) say(control);
  });
}

/** Says what is wrong with every field and answers the first wrong one. */
export function firstInvalid(form: HTMLFormElement): HTMLElement | undefined {
  const controls = all<Control>('[data-field] [name]', form).filter((control) => control.type !== 'hidden');
  for (const control of controls) say(control);
  return controls.find(isWrong);
}

function say(control: Control): void {
  const field = control.closest<HTMLElement>('[data-field]');
  if (!field) return;
  const wrong = isWrong(control);
  let place = one('.error', field);
  if (!wrong) {
    // An error of the server stays until the value is changed.
    if (place?.hasAttribute('data-own')) {
      place.remove();
      field.classList.remove('invalid');
      control.removeAttribute('aria-invalid');
    }
    return;
  }
  if (!place) {
    place = make('span', { class: 'error', id: `${control.id}-error`, 'data-own': '' });
    field.append(place);
  }
  if (place.hasAttribute('data-own')) place.textContent = control.validationMessage;
  field.classList.add('invalid');
  control.setAttribute('aria-invalid', 'true');
  const ids = new Set((control.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)).add(place.id);
  control.setAttribute('aria-describedby', [...ids].join(' '));
}
