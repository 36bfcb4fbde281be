/**
 * The key in the addresses of what runs produced lasts an hour; a page may be open for longer. Before the hour is over the
 * page is asked for the next key, and what was not loaded yet is loaded by that.
 */

import { all } from '../dom';

const KEYED = /\/shown\/([^/?"]+)\//;
const RENEW_MS = 45 * 60_000;

let key: string | undefined; // the latest; none while the page's own is good
let asked: Promise<boolean> | undefined;

/** `address` with another key in it. */
export const withKey = (address: string, latest: string | undefined): string =>
  latest ? address.replace(KEYED, `/shown/${latest}/`) : address;

/** The address as it is good now. */
export const fresh = (address: string): string => withKey(address, key);

/** Asks the page for a fresh key; whether there is another than before. */
export function renew(): Promise<boolean> {
  asked ??= ask().finally(() => (asked = undefined));
  return asked;
}

async function ask(): Promise<boolean> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  const found = answer?.ok ? KEYED.exec(await answer.text())?.[1] : undefined;
  if (!found || found === key) return false;
  key = found;
  for (const image of all<HTMLImageElement>('.figure img')) if (!image.naturalWidth) adopt(image);
  for (const frame of all<HTMLIFrameElement>('.figure iframe')) if (!('loaded' in frame.dataset)) adopt(frame);
  return true;
}

function adopt(element: HTMLImageElement | HTMLIFrameElement): void {
  const address = element.getAttribute('src') ?? '';
  if (fresh(address) !== address) element.setAttribute('src', fresh(address));
}

/** Keeps the page's addresses good for as long as it is open. */
export function keepFresh(): void {
  let since = Date.now();
  const look = (): void => {
    if (document.hidden || Date.now() - since < RENEW_MS) return;
    since = Date.now();
    void renew();
  };
  setInterval(look, 60_000);
  document.addEventListener('visibilitychange', look);
  document.addEventListener('load', ({ target }) => target instanceof HTMLIFrameElement && (target.dataset.loaded = ''), true);
}
