/** A shown text: its beginning, and more of it when asked for. */

import { make } from '../dom';
import { size } from '../format';
import { answerOf } from './answers';

const PIECE_BYTES = 256 * 1024;
const MOST_BYTES = 4 * 1024 * 1024; // in the page; beyond, an editor is the better place

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const text = make('pre', { class: 'code wrap', tabindex: '0' });
  place.replaceChildren(text);
  await extend(place, text, address, 0);
}

async function extend(place: HTMLElement, text: HTMLElement, address: string, from: number): Promise<void> {
  const answer = await answerOf(address, { Range: `bytes=${from}-${from + PIECE_BYTES - 1}` }).catch((error: Error) => {
    if (from === 0 && error.message.includes('416')) return null; // an empty file has no first piece
    throw error;
  });
  if (!answer) return;
  const bytes = await answer.arrayBuffer();
  const total = Number(/\/(\d+)$/.exec(answer.headers.get('Content-Range') ?? '')?.[1] ?? bytes.byteLength);
  text.append(new TextDecoder().decode(bytes));
  const reached = from + bytes.byteLength;
  if (reached >= total) return;
  const words = make('span', { class: 'small muted num' }, `The first ${size(reached)} of ${size(total)}.`);
  const under = make('p', { class: 'under' }, words);
  if (reached < MOST_BYTES) {
    const more = make('button', { class: 'btn small', type: 'button' }, 'Show more');
    more.addEventListener('click', () => {
      under.remove();
      void extend(place, text, address, reached);
    });
    under.append(more);
  } else words.append(' Download it for the rest.');
  place.append(under);
}
