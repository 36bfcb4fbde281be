/** Names written at the ends of lines, so that nobody has to look for a colour in a legend. */

import type { Frame, Style } from './paint';

export interface End {
  text: string; // "" for none
  y: number | null; // px; null where the line does not end on the screen
}

const GAP = 8; // px between the frame and a name's dot, and between the dot and the name
const DOT = 3; // px, its radius
const HEIGHT = 13; // px of a name

/** Each name stands beside a dot of its line's colour: small text of that colour would be hard to read. */
export function label(context: CanvasRenderingContext2D, frame: Frame, ends: End[], styles: Style[], text: string): void {
  const places = spread(ends.map((end) => (end.text ? end.y : null)), HEIGHT, frame.top, frame.top + frame.height);
  const left = frame.left + frame.width + GAP;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  ends.forEach((end, at) => {
    const place = places[at] ?? null;
    if (place === null) return;
    context.fillStyle = styles[at]?.color ?? text;
    context.beginPath();
    context.arc(left, place, DOT, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = text;
    context.fillText(end.text, left + GAP, place);
  });
}

/**
 * Places moved apart so that none is nearer than `gap` to another, as little as that takes and within the bounds.
 *
 * @param places where things would stand; null for what is not there
 */
export function spread(places: (number | null)[], gap: number, low: number, high: number): (number | null)[] {
  const order = places
    .map((place, at) => ({ place, at }))
    .filter((one): one is { place: number; at: number } => one.place !== null)
    .sort((a, b) => a.place - b.place);
  const found: (number | null)[] = places.map(() => null);
  let least = low;
  for (const { place, at } of order) {
    found[at] = Math.max(place, least);
    least = (found[at] as number) + gap;
  }
  let most = high;
  for (const { at } of order.reverse()) {
    found[at] = Math.min(found[at] as number, most);
    most = (found[at] as number) - gap;
  }
  return found;
}
