/** The names of a chart's lines and their values under the crosshair. */

import { make, setText } from '../dom';
import { number } from '../format';
import type { Line } from './line';
import type { Style } from './paint';

const DOT = 3; // px of a dash that looks like a dot

/** One row below a chart: x first, then each line with its mark. */
export class Legend {
  readonly element = make('ul', { class: 'legend' });
  private readonly x = make('span');
  private values: HTMLElement[] = [];

  /** Lists the lines anew. */
  list(over: string, names: string[], styles: Style[]): void {
    this.values = names.map(() => make('span', { class: 'num' }));
    this.x.className = 'num';
    const rows = names.map((name, at) => {
      const mark = make('i');
      const { color = '', dash } = styles[at] ?? {};
      mark.style.borderTopColor = color;
      if (dash) mark.style.borderTopStyle = (dash[0] ?? 0) < DOT ? 'dotted' : 'dashed';
      // Isolated, so that a name in another direction of writing does not turn its value around.
      return make('li', {}, mark, make('bdi', {}, name), ' ', this.values[at] ?? '');
    });
    this.element.replaceChildren(make('li', { class: 'muted' }, `${over} `, this.x), ...rows);
  }

  /** Shows the values at these places of the lines; -1 where a line has none. */
  tell(x: string, lines: Line[], places: number[]): void {
    setText(this.x, x);
    lines.forEach((line, at) => setText(this.values[at] ?? null, told(line, places[at] ?? -1)));
  }
}

/** A value, and the extremes that it stands for. */
function told({ y, smooth, low, high }: Line, at: number): string {
  const value = (smooth ?? y)[at] ?? null;
  if (value === null) return '–';
  const [raw, least, most] = [y[at] ?? null, low?.[at] ?? null, high?.[at] ?? null];
  if (least !== null && most !== null && least !== most) return `${number(value)} (${number(least)} to ${number(most)})`;
  return smooth && raw !== null ? `${number(value)} (${number(raw)})` : number(value);
}
