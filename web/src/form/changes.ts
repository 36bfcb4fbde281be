/** Reset dots, the list of changed values, and copies as code that follow every change. */

import { all, make, one } from '../dom';
import { copies } from './copies';
import { differs, read } from './values';

export function showChanges(form: HTMLFormElement): void {
  // By attribute: a parameter named "dataset" would stand in the place of the form's own property.
  const start = new URL(form.getAttribute('data-start') ?? '', location.href).href;
  const name = form.getAttribute('data-name') ?? '';
  const update = (): void => {
    const values = all('[data-field]', form).map((field) => {
      const value = read(field);
      const changed = differs(value);
      mark(field, changed && value.default !== undefined);
      return { ...value, changed };
    });
    const changed = values.filter((value) => value.changed);
    list(changed.map((value) => [value.label, value.file ?? value.texts.join(', ')]));
    const missing = values.filter((value) => value.missing !== undefined).map((value) => ({ ...value, file: value.missing }));
    write(copies(start, name, [...changed, ...missing]));
  };
  form.addEventListener('input', update);
  form.addEventListener('change', update);
  one('#reset-all')?.addEventListener('click', () => {
    for (const field of all('[data-field][data-default]', form)) reset(field);
    update();
  });
  update();
}

function mark(field: HTMLElement, changed: boolean): void {
  const dot = one('.reset', field);
  if (dot) {
    dot.hidden = !changed;
    return;
  }
  if (!changed) return;
  const title = `Back to the default${field.dataset.default ? `, ${field.dataset.default.replaceAll('\n', ', ')}` : ''}`;
  const button = make('button', { type: 'button', class: 'reset', title, 'aria-label': title });
  button.addEventListener('click', (event) => {
    event.preventDefault();
    reset(field);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  const words = one('.label', field);
  if (words?.matches('label.check')) words.after(button);
  else words?.insertBefore(button, one('.limits', words));
}

function reset(field: HTMLElement): void {
  const text = field.dataset.default ?? '';
  const chosen = text.split('\n');
  for (const control of all<HTMLInputElement>('[name]', field)) {
    if (control.type === 'radio') control.checked = control.value === text;
    else if (control.type === 'checkbox' && field.dataset.control === 'check') control.checked = text === 'true';
    else if (control.type === 'checkbox') control.checked = chosen.includes(control.value);
    else control.value = text;
    control.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

function list(rows: [string, string][]): void {
  const place = one('#changed');
  if (!place) return;
  place.hidden = rows.length === 0;
  one('.changes', place)?.replaceChildren(
    ...rows.flatMap(([name, text]) => [make('dt', {}, name), make('dd', { class: 'mono' }, text || 'none')]),
  );
}

function write(texts: object): void {
  for (const [key, text] of Object.entries(texts) as [string, string][]) {
    const place = one(`[data-code="${key}"]`);
    if (!place) continue;
    place.textContent = text;
    const button = one('[data-copy]', place.parentElement ?? undefined);
    if (button) button.dataset.copy = text;
  }
}
