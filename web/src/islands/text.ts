/** A shown text. */

import { make } from '../dom';
import { answerOf } from './answers';

const MOST_CHARACTERS = 200_000;

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const text = await (await answerOf(address)).text();
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}\n… download it for the rest` : text;
  place.replaceChildren(make('pre', { class: 'code wrap', tabindex: '0' }, cut));
}
