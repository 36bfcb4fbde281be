/** What the server answers to an island. */

import { fresh, renew } from './keys';

/** JSON at an address. */
export async function fetchJson<T>(address: string): Promise<T> {
  return (await (await answerOf(address)).json()) as T;
}

/** A successful answer, or an error that says its status; an address that has expired is tried again by a fresh key. */
export async function answerOf(address: string, headers: Record<string, string> = {}): Promise<Response> {
  let answer = await fetch(fresh(address), { headers });
  if (answer.status === 404 && (await renew())) answer = await fetch(fresh(address), { headers });
  if (!answer.ok) throw new Error(await reasonOf(answer));
  return answer;
}

/** Why the server refused: its own words where it has some. */
async function reasonOf(answer: Response): Promise<string> {
  const said = `the server answered ${answer.status}`;
  if (!answer.headers.get('Content-Type')?.includes('json')) return said;
  const problem = (await answer.json().catch(() => null)) as { detail?: unknown } | null;
  return typeof problem?.detail === 'string' ? problem.detail : said;
}
