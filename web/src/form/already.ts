/** Asks, while values change, whether a run was made with them already. */

import { one } from '../dom';

const PAUSE_MS = 300; // since the last change

export function followAlready(form: HTMLFormElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const ask = async (): Promise<void> => {
    const question = ++asked;
    const found = await answer(form).catch(() => null);
    if (question !== asked) return; // a later change is being asked about
    const place = one('#already');
    if (found) place?.replaceChildren(...found.childNodes);
    else place?.replaceChildren();
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), PAUSE_MS);
  };
  form.addEventListener('input', later);
  form.addEventListener('change', later);
}

/** The line that the server has for the form's values; null where there is none, or a file would have to be sent. */
async function answer(form: HTMLFormElement): Promise<Element | null> {
  const sent = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string') sent.append(name, value);
    else if (value.size) return null;
  }
  // By attribute: a parameter may be named like a property of the form.
  const headers = { Accept: 'text/html' };
  const answered = await fetch(form.getAttribute('data-already') ?? '', { method: 'POST', body: sent, headers });
  if (!answered.ok) return null;
  return new DOMParser().parseFromString(await answered.text(), 'text/html').querySelector('#already');
}
