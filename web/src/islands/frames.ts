/** The steps of one shown thing, as the server lists them; asked for once for each state of the page. */

import { fetchJson } from './answers';

export interface Part {
  url: string;
  caption: string;
  save: string;
  width: number | null;
  height: number | null;
}

export interface Frame {
  step: number | null;
  rows: string;
  parts: Part[];
  files: { label: string; title: string; url: string }[];
}

const known = new Map<string, Promise<Frame[]>>();

/**
 * All frames of a thing.
 *
 * @param count how many there have to be; a list with fewer is out of date
 */
export async function framesAt(address: string, count = 0): Promise<Frame[]> {
  const before = await known.get(address)?.catch(() => []);
  if (before?.length && before.length >= count) return before;
  const asked = fetchJson<{ steps: Frame[] }>(address).then(({ steps }) => steps);
  known.set(address, asked);
  return asked;
}

/** `most` of `count` positions, first and last among them, evenly apart. */
export function picked(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, at) => at);
  return Array.from({ length: most }, (_, at) => Math.round((at * (count - 1)) / (most - 1)));
}
