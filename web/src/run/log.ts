/** The log's tail: grows live, follows its end until somebody scrolls up. */

import { make, one, setText } from '../dom';
import { size } from '../format';
import { spans } from './ansi';
import type { LogPart } from './live';

/** Pieces kept in the page; the whole log is a link away. */
const MOST_PIECES = 3000;
const NEAR_END_PX = 40;

export class Log {
  private readonly box: HTMLInputElement | null;
  private end: number;

  constructor(
    private readonly place: HTMLElement,
    end: number,
  ) {
    this.end = end;
    this.box = one<HTMLInputElement>('[data-follow] input');
    this.box?.addEventListener('change', () => this.follow());
    place.addEventListener('scroll', () => this.noticeScroll(), { passive: true });
    this.follow();
  }

  add(part: LogPart): void {
    if (!part.pieces.length) return;
    if (part.start !== this.end) this.place.append(make('span', { class: 'lab' }, '…\n'));
    this.end = part.end;
    setText(one('[data-stat="log-size"]'), size(part.end));
    this.place.append(...part.pieces.map((piece) => make('span', { class: piece.stream }, ...colored(piece.text))));
    while (this.place.childNodes.length > MOST_PIECES) this.place.firstChild?.remove();
    this.follow();
  }

  /** Nothing more comes. */
  finish(): void {
    const label = one('[data-follow]');
    if (label) label.hidden = true;
    if (!this.place.hasChildNodes()) this.place.dataset.empty = 'It wrote nothing.';
  }

  private follow(): void {
    if (this.box?.checked ?? true) this.place.scrollTop = this.place.scrollHeight;
  }

  private noticeScroll(): void {
    if (!this.box) return;
    const { scrollHeight, scrollTop, clientHeight } = this.place;
    this.box.checked = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }
}

const colored = (text: string): (Node | string)[] =>
  spans(text).map((span) => (span.classes ? make('span', { class: span.classes }, span.text) : span.text));
