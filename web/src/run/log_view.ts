/**
 * The part of a log that is in the page: some hundred lines around where somebody reads, of however many there are.
 *
 * Scrolling towards an end loads more there and drops lines at the other; a rail beside it leads to any place. Nothing is
 * estimated: lines have their natural heights, so that long ones wrap and the browser's own search works on what is shown.
 */

import { all, make } from '../dom';
import { Drawing, gapLine, numberOf } from './log_line';
import { append, type LogLines, type LogPart, type Row, rowsOf } from './log_rows';
import type { LogSource } from './log_source';

type Query = Record<string, string | number>;

const LAST = 2 ** 52; // beyond every line
const PAGE_LINES = 300;
const MOST_LINES = 1500; // in the page
const NEAR_PX = 800; // of an end: more is loaded
const END_PX = 40; // so near the end counts as at the end

const isGap = (element: Element | null): boolean => element?.classList.contains('gap') ?? false;

export class LogView {
  /** The whole log's last line. */
  lines: number;
  stream = '';
  private previous: number | null;
  private next: number | null = null;
  private loading: Promise<void> | undefined;
  private turn = 0; // of loading: what was asked for before a jump is dropped
  private last: Row | undefined; // the newest line, which may still grow
  private readonly rail: HTMLInputElement;
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly place: HTMLElement,
    private readonly source: LogSource,
    private readonly began: () => number,
  ) {
    this.lines = Number(place.dataset.lines ?? 0);
    const first = numberOf(this.rows[0]);
    this.previous = first > 1 ? first : null;
    this.rail = make('input', { type: 'range', class: 'log-rail', min: '1', 'aria-label': 'Place in the whole log', hidden: '' });
    this.rail.addEventListener('input', () => void this.jump(Number(this.rail.value), 'start'));
    place.after(this.rail);
    place.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.measure();
  }

  /** Calls `listener` after whatever changed what is shown. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  get rows(): HTMLElement[] {
    return all<HTMLElement>('[id^="L"]', this.place);
  }

  /** Whether the log's end is in the page. */
  get hasEnd(): boolean {
    return this.next === null;
  }

  /** Whether the log's end is in sight. */
  get isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.place;
    return this.hasEnd && scrollHeight - scrollTop - clientHeight < END_PX;
  }

  /** The number of the first line in sight. */
  get top(): number {
    const edge = this.place.getBoundingClientRect().top;
    const rows = this.rows;
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle] as HTMLElement).getBoundingClientRect().bottom > edge + 1) high = middle;
      else low = middle + 1;
    }
    return numberOf(rows[low]) || 1;
  }

  /** Shows a line, loading what is around it where it is not in the page. */
  async jump(line: number, block: 'start' | 'center' = 'center'): Promise<void> {
    if (!this.find(line)) {
      const first = block === 'center' ? Math.max(1, line - PAGE_LINES / 3) : line;
      const found = await this.load(() => this.source.lines({ line: first, lines: PAGE_LINES, ...this.filter }));
      if (!found) return;
      this.replace(found);
    }
    const element = this.find(line) ?? this.rows.find((row) => numberOf(row) >= line) ?? this.rows.at(-1);
    if (element) this.bring(element, block);
    this.changed();
  }

  /** Shows the log's end. */
  async toEnd(): Promise<void> {
    if (!this.hasEnd) {
      const found = await this.load(() => this.source.lines({ before: LAST, lines: PAGE_LINES, ...this.filter }));
      if (!found) return;
      this.replace(found);
    }
    this.place.scrollTop = this.place.scrollHeight;
    this.changed();
  }

  /** Shows only the lines of one stream, or of all again. */
  async show(stream: string): Promise<void> {
    const line = this.top;
    const atEnd = this.isAtEnd;
    this.stream = stream;
    const query: Query = atEnd ? { before: LAST } : { line };
    const found = await this.load(() => this.source.lines({ ...query, lines: PAGE_LINES, ...this.filter }));
    if (found) this.replace(found);
    if (atEnd) this.place.scrollTop = this.place.scrollHeight;
    this.changed();
  }

  /** Takes what is new. */
  add(part: LogPart, follows: boolean): void {
    const known = this.lines;
    this.lines = Math.max(this.lines, part.lines);
    if (!this.hasEnd) {
      this.changed();
      return;
    }
    all('.open', this.place).forEach((element) => element.remove());
    const rows = rowsOf(part);
    const passedOver = rows.length > 0 && part.first_line > known + 1;
    if (passedOver && !follows) this.next = known + 1;
    else {
      if (passedOver) this.empty(part.first_line);
      if (part.left_out) this.place.append(gapLine(part.left_out));
      this.grow(rows, part.styles);
      this.unfinished(part.unfinished);
    }
    if (follows) this.place.scrollTop = this.place.scrollHeight;
    this.changed();
  }

  private grow(rows: Row[], styles: Record<string, string>): void {
    const drawing = new Drawing(this.source.address, this.began(), styles);
    for (const row of rows) {
      if (this.stream && row.stream !== this.stream) continue;
      const same = row.number === this.last?.number ? this.last : undefined;
      if (same) append(same, row.text);
      const element = drawing.line(same ?? row);
      if (same) this.find(same.number)?.replaceWith(element);
      else this.place.append(element);
      this.last = same ?? row;
    }
    this.trimTop();
  }

  private unfinished(pieces: LogPart['unfinished']): void {
    const drawing = new Drawing(this.source.address, this.began());
    for (const { stream, time, text } of pieces) {
      if (this.stream && stream !== this.stream) continue;
      this.place.append(...text.split('\n').map((line) => drawing.open(stream, time, line)));
    }
  }

  private get filter(): Record<string, string> {
    return this.stream ? { stream: this.stream } : {};
  }

  /** Scrolls the log to a line, and the page to the log where it is out of sight. */
  private bring(element: HTMLElement, block: 'start' | 'center'): void {
    const above = block === 'start' ? 0 : (this.place.clientHeight - element.offsetHeight) / 2;
    const offset = element.getBoundingClientRect().top - this.place.getBoundingClientRect().top;
    this.place.scrollTop += offset - Math.max(0, above);
    this.place.scrollIntoView({ block: 'nearest' });
  }

  private find(line: number): HTMLElement | null {
    return this.place.querySelector(`#L${line}`);
  }

  private empty(first: number): void {
    this.place.replaceChildren();
    this.last = undefined;
    this.previous = first > 1 ? first : null;
  }

  private replace(found: LogLines): void {
    this.place.replaceChildren(...this.drawn(found));
    this.last = undefined;
    this.previous = found.previous;
    this.next = found.next;
    this.lines = Math.max(this.lines, found.lines);
    if (this.hasEnd) this.unfinished(found.unfinished);
    requestAnimationFrame(() => this.scrolled()); // few lines leave both ends near
  }

  /** The elements of an answer, with the sentence about what is missing before or after its lines. */
  private drawn(found: LogLines): HTMLElement[] {
    const drawing = new Drawing(this.source.address, this.began(), found.styles);
    const elements = found.rows.map((row) => drawing.line(row));
    if (found.left_out && found.gap !== null) {
      const isBefore = (found.rows[0]?.number ?? found.gap) >= found.gap;
      if (isBefore) elements.unshift(gapLine(found.left_out));
      else elements.push(gapLine(found.left_out));
    }
    return elements;
  }

  private scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.place;
    if (scrollTop < NEAR_PX && this.previous !== null) void this.more(true);
    else if (scrollHeight - scrollTop - clientHeight < NEAR_PX && this.next !== null) void this.more(false);
    this.changed();
  }

  /** Loads the lines before or after those in the page. */
  private async more(before: boolean): Promise<void> {
    if (this.loading) return;
    const from: Query = before ? { before: this.previous ?? 1 } : { line: this.next ?? 1 };
    const found = await this.load(() => this.source.lines({ ...from, lines: PAGE_LINES, ...this.filter }));
    if (!found) return;
    this.lines = Math.max(this.lines, found.lines);
    if (before) {
      const below = this.place.scrollHeight - this.place.scrollTop;
      if (found.left_out && isGap(this.place.firstElementChild)) this.place.firstElementChild?.remove();
      this.place.prepend(...this.drawn(found));
      this.previous = found.previous;
      this.place.scrollTop = this.place.scrollHeight - below;
      this.trimBottom();
    } else {
      if (found.left_out && isGap(this.place.lastElementChild)) this.place.lastElementChild?.remove();
      this.place.append(...this.drawn(found));
      this.next = found.next;
      if (this.hasEnd) this.unfinished(found.unfinished);
      this.trimTop();
    }
    this.scrolled(); // a short answer leaves the end near
  }

  private trimTop(): void {
    const over = this.rows.length - MOST_LINES;
    const first = this.rows[over];
    if (over <= 0 || !first) return;
    const below = this.place.scrollHeight - this.place.scrollTop;
    while (this.place.firstElementChild && this.place.firstElementChild !== first) this.place.firstElementChild.remove();
    this.previous = numberOf(first);
    this.place.scrollTop = this.place.scrollHeight - below;
  }

  private trimBottom(): void {
    const last = this.rows[MOST_LINES - 1];
    const following = this.rows[MOST_LINES];
    if (!last || !following) return;
    while (this.place.lastElementChild && this.place.lastElementChild !== last) this.place.lastElementChild.remove();
    this.next = numberOf(following);
    this.last = undefined;
  }

  /** Asks; undefined when it failed, or when something else was asked for meanwhile. */
  private async load(ask: () => Promise<LogLines>): Promise<LogLines | undefined> {
    const turn = ++this.turn;
    this.place.setAttribute('aria-busy', 'true');
    const asked = ask().catch(() => undefined);
    this.loading = asked.then(() => undefined);
    const found = await asked;
    if (turn !== this.turn) return undefined;
    this.loading = undefined;
    this.place.removeAttribute('aria-busy');
    return found;
  }

  private changed(): void {
    this.measure();
    for (const listener of this.listeners) listener();
  }

  private measure(): void {
    const whole = this.previous === null && this.next === null;
    this.place.style.setProperty('--digits', `${Math.max(3, String(this.lines).length)}ch`);
    this.place.classList.toggle('railed', !whole);
    this.rail.hidden = whole;
    this.rail.max = String(Math.max(1, this.lines));
    if (!whole && document.activeElement !== this.rail) this.rail.value = String(this.isAtEnd ? this.lines : this.top);
  }
}
