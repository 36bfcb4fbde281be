/**
 * The key in the addresses of what runs produced lasts an hour; a page may be open for longer. Before the hour is over the
 * page is asked for the next keys, and what was not loaded yet is loaded by those.
 */

import { all } from '../dom';

const KEYED = /\/shown\/([^/?".]+)(\.[^/?"]+)?\//;
const ALL_KEYED = new RegExp(KEYED, 'g');
const RENEW_MS = 45 * 60_000;

/** By what a key is to, which is its beginning, the latest one; a comparison's page has several. */
export type Keys = Map<string, string>;

let keys: Keys = new Map(); // empty while the page's own are good
let asked: Promise<boolean> | undefined;

/** The keys in a page's text. */
export const keysIn = (text: string): Keys =>
  new Map([...text.matchAll(ALL_KEYED)].map(([, to = '', rest = '']) => [to, to + rest]));

/** `address` with the latest key in it. */
export const withKey = (address: string, latest: Keys): string =>
  address.replace(KEYED, (whole, to: string) => (latest.has(to) ? `/shown/${latest.get(to)}/` : whole));

/** The address as it is good now. */
export const fresh = (address: string): string => withKey(address, keys);

/** Asks the page for a fresh key; whether there is another than before. */
export function renew(): Promise<boolean> {
  asked ??= ask().finally(() => (asked = undefined));
  return asked;
}

async function ask(): Promise<boolean> {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  const found = keysIn(answer?.ok ? await answer.text() : '');
  if (![...found].some(([to, key]) => keys.get(to) !== key)) return false;
  keys = found;
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
