/** What the server answers to an island. */

/** JSON at an address. */
export async function fetchJson<T>(address: string): Promise<T> {
  return (await (await answerOf(address)).json()) as T;
}

/** A successful answer, or an error that says its status. */
export async function answerOf(address: string): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer;
}
