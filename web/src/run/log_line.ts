/** One line of the log as an element; the same as the server writes in `_log.html`. */

import { all, make } from '../dom';
import { since, size } from '../format';
import { readable, spans, Style, type Span } from './ansi';
import type { LeftOut, Row, Stream } from './log_rows';

const NAMES: Record<Stream, string> = { out: '', err: 'stderr', lab: 'said by the lab' };
const LIGHT_GROUND = '#eff1f4'; // --sunken, on which lines stand
const DARK_GROUND = '#1b1f25';

/** What holds between the lines of one answer. */
export class Drawing {
  private readonly styles = new Map<string, Style>();

  /**
   * @param address where the log is sent as text
   * @param began Unix seconds of the run's start; NaN before it
   * @param styles by stream, the escape sequences that hold at the first line
   */
  constructor(
    private readonly address: string,
    private readonly began: number,
    styles: Record<string, string> = {},
  ) {
    for (const [stream, codes] of Object.entries(styles)) this.styles.set(stream, new Style(codes));
  }

  line(row: Row): HTMLElement {
    const number = String(row.number);
    const name = NAMES[row.stream];
    const label = name ? `Line ${number}, ${name}` : `Line ${number}`;
    const link = make('a', { class: 'no', href: `#L${number}`, 'aria-label': label, 'data-n': number, tabindex: '-1' });
    if (name) link.title = name;
    const element = this.bare(row, link);
    element.id = `L${number}`;
    if (row.more > 0) {
      const text = element.lastElementChild as HTMLElement;
      text.lastChild?.before(
        make('a', { class: 'more', href: `${this.address}&line=${number}` }, `… show all ${size(new Blob([row.text]).size + row.more)}`),
      );
    }
    return element;
  }

  /** A line that may still change. */
  open(stream: Stream, time: number, text: string): HTMLElement {
    const element = this.bare({ stream, time, text }, make('span', { class: 'no' }));
    element.classList.add('open');
    return element;
  }

  private bare({ stream, time, text }: Pick<Row, 'stream' | 'time' | 'text'>, link: HTMLElement): HTMLElement {
    const style = this.styles.get(stream) ?? new Style();
    this.styles.set(stream, style);
    return make(
      'div',
      { class: `ln ${stream}`, 'data-t': time.toFixed(3) },
      link,
      make('time', { class: 'at', 'data-at': Number.isNaN(this.began) ? '' : since(time - this.began) }),
      make('span', { class: 'tx' }, ...spans(text, style).map(drawn), '\n'),
    );
  }
}

function drawn(span: Span): Node | string {
  if (!span.classes) return span.text;
  const element = make('span', { class: span.classes }, span.text);
  paint(element, span.color, span.ground);
  return element;
}

/** Sets exact colours on what the server wrote. */
export function paintAll(root: ParentNode): void {
  for (const element of all('[data-color], [data-ground]', root))
    paint(element, element.dataset.color ?? '', element.dataset.ground ?? '');
}

/** Colours beyond the named ones, readable in both themes. */
function paint(element: HTMLElement, color: string, ground: string): void {
  if (ground) {
    element.style.backgroundColor = ground;
    element.style.color = readable(color || '#ffffff', ground);
  } else if (color) {
    element.style.color = `light-dark(${readable(color, LIGHT_GROUND)}, ${readable(color, DARK_GROUND)})`;
  }
}

/** The sentence about output that is missing. */
export const gapLine = (missing: LeftOut): HTMLElement => make('div', { class: 'ln gap' }, `${missing.text}\n`);

/** The number of a line's element; 0 where it has none. */
export const numberOf = (element: Element | null | undefined): number => Number(element?.id.slice(1) ?? 0) || 0;
