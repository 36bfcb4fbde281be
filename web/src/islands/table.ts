/** A table of any length: only the visible rows are in the page; sorted and filtered here, or by the server if it is long. */

import { make } from '../dom';
import { number } from '../format';
import { isNumeric, type Cell } from './columns';
import { fetchJson } from './answers';
import { LocalRows, ServerRows, type Order, type Source, type TableJson } from './source';

const ROW_PX = 30;
const TALLEST_PX = 12_000_000; // browsers draw nothing far beyond; longer tables are scrolled in proportion
const SPARE_ROWS = 8;
const FILTER_FROM_ROWS = 20;
const FILTER_PAUSE_MS = 250;
const SAMPLE_ROWS = 50;
const CHARACTER_REM = 0.54;
const PADDING_REM = 1.25;
const WIDEST_REM = 20;

export async function draw(place: HTMLElement, address: string): Promise<void> {
  const table = new Table(place);
  table.show(await sourceOf(address, place.dataset.rows ?? '', table));
}

/** Rows of the page's own, or of the server where those are not all. */
async function sourceOf(address: string, rows: string, table: Table): Promise<Source> {
  const json = /\.json(?:$|\?)/.test(address) ? await fetchJson<TableJson>(address) : undefined;
  if (json && (json.rows <= json.shown || !rows)) {
    if (json.rows > json.shown) table.say(`The first ${number(json.shown)} of ${number(json.rows)} rows.`);
    return new LocalRows(json);
  }
  const server = new ServerRows(rows, json?.columns ?? [], () => table.paint(), (words) => table.say(words));
  if (!json) return server.begin();
  return server.begin().catch((error: Error) => {
    table.say(`The first ${number(json.shown)} of ${number(json.rows)} rows. ${error.message}`);
    return new LocalRows(json);
  });
}

class Table {
  private readonly body = make('div', { class: 'body', role: 'rowgroup' });
  private readonly words = make('span', { class: 'small muted num', role: 'status' });
  private readonly port: HTMLElement;
  private source!: Source;
  private heads: HTMLElement[] = [];
  private numeric: boolean[] = [];
  private template = '';
  private told = ''; // what is said besides the number of rows
  private wanted: Order = { by: -1, falling: false, text: '' };

  constructor(private readonly place: HTMLElement) {
    this.port = make('div', { class: 'port', tabindex: '0', role: 'table', 'aria-label': place.dataset.label ?? 'Table' });
  }

  show(source: Source): void {
    this.source = source;
    this.numeric = source.columns.map(({ type }, at) =>
      type === 'integer' || type === 'number' || (type !== 'text' && isNumeric(source.sample[at] ?? [])),
    );
    const widths = source.columns.map((column, at) => widthOf(column.name, source.sample[at] ?? []));
    const width = `${widths.reduce((sum, rem) => sum + rem, 0)}rem`;
    this.template = widths.map((rem) => `minmax(${rem}rem, ${rem}fr)`).join(' ');
    this.heads = source.columns.map((column, at) => this.head(column, at));
    const heads = make('div', { class: 'line heads', role: 'row', 'aria-rowindex': '1' }, ...this.heads);
    heads.style.gridTemplateColumns = this.template;
    heads.style.minWidth = width;
    this.body.style.minWidth = width;
    const group = make('div', { role: 'rowgroup', class: 'pinned' }, heads);
    this.port.replaceChildren(group, this.body);
    this.port.addEventListener('scroll', () => this.paint(), { passive: true });
    const parts: Node[] = [this.port];
    if (source.total >= FILTER_FROM_ROWS) parts.unshift(this.filter());
    else if (this.told) parts.push(make('p', { class: 'under' }, this.words));
    this.place.replaceChildren(...parts);
    this.arranged();
  }

  /** Says something beside the number of rows. */
  say(words: string): void {
    this.told = words;
    this.words.textContent = words;
  }

  paint(): void {
    const { found } = this.source;
    const visible = Math.ceil(this.port.clientHeight / ROW_PX);
    const exact = found * ROW_PX <= TALLEST_PX;
    const room = Math.max(1, Math.min(found * ROW_PX, TALLEST_PX) - this.port.clientHeight);
    const top = exact ? this.port.scrollTop / ROW_PX : (this.port.scrollTop / room) * Math.max(0, found - visible + 1);
    const first = Math.max(0, Math.floor(top) - SPARE_ROWS);
    const last = Math.min(found, first + visible + 2 * SPARE_ROWS);
    const lines: HTMLElement[] = [];
    for (let at = first; at < last; at++) lines.push(this.line(at, exact ? at * ROW_PX : this.port.scrollTop + (at - top) * ROW_PX));
    this.body.replaceChildren(...lines);
  }

  private filter(): HTMLElement {
    const input = make('input', { class: 'in', type: 'search', placeholder: 'Filter rows', 'aria-label': 'Filter rows' });
    let pause: ReturnType<typeof setTimeout> | undefined;
    input.addEventListener('input', () => {
      clearTimeout(pause);
      const text = input.value;
      pause = setTimeout(() => this.arrange({ ...this.wanted, text }), this.source instanceof LocalRows ? 0 : FILTER_PAUSE_MS);
    });
    return make('div', { class: 'under' }, input, this.words);
  }

  private head(column: { name: string; type: string }, at: number): HTMLElement {
    const button = make('button', { type: 'button', title: column.type }, column.name || '\u00a0');
    button.addEventListener('click', () => {
      const falling = this.wanted.by === at && !this.wanted.falling;
      this.arrange({ ...this.wanted, by: at, falling });
    });
    return make('div', { role: 'columnheader', class: this.numeric[at] ? 'num' : '' }, button);
  }

  /** Asks for another order; what was asked for meanwhile counts, not what comes last. */
  private arrange(wanted: Order): void {
    const before = this.wanted;
    this.wanted = wanted; // at once: a second click builds on the first
    this.port.setAttribute('aria-busy', 'true');
    this.source
      .order(wanted)
      .then(() => {
        if (wanted !== this.wanted) return;
        this.port.removeAttribute('aria-busy');
        this.told = '';
        this.port.scrollTop = 0;
        this.arranged();
      })
      .catch((error: Error) => {
        if (wanted !== this.wanted) return;
        this.wanted = before;
        this.port.removeAttribute('aria-busy');
        this.say(error.message);
      });
  }

  private arranged(): void {
    const { found, total } = this.source;
    this.heads.forEach((head, at) => {
      if (at === this.wanted.by) head.setAttribute('aria-sort', this.wanted.falling ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    this.body.style.height = `${Math.min(found * ROW_PX, TALLEST_PX)}px`;
    this.port.setAttribute('aria-rowcount', String(found + 1));
    const count = found < total ? `${number(found)} of ${number(total)} rows` : '';
    this.words.textContent = [count, this.told].filter(Boolean).join('. ');
    this.paint();
  }

  private line(at: number, top: number): HTMLElement {
    const row = this.source.line(at);
    const cells = this.source.columns.map((_, index) => {
      const value = row ? (row[index] ?? null) : undefined;
      if (value === undefined) return make('div', { role: 'cell', class: 'null' }, '…');
      const kind = [value === null ? 'null' : '', this.numeric[index] ? 'num' : ''].filter(Boolean).join(' ');
      const text = textOf(value);
      const exact = value === null ? text : String(value);
      return make('div', { role: 'cell', class: kind, ...(text.length > 12 || text !== exact ? { title: exact } : {}) }, text);
    });
    const line = make('div', { class: 'line', role: 'row', 'aria-rowindex': String(at + 2) }, ...cells);
    line.style.top = `${top}px`;
    line.style.gridTemplateColumns = this.template;
    return line;
  }
}

const textOf = (value: Cell): string =>
  value === null
    ? '–'
    : typeof value !== 'number'
      ? String(value)
      : Number.isInteger(value) && Math.abs(value) < 1e15 // an id or a time in nanoseconds is no measurement
        ? value.toLocaleString('en', { useGrouping: Math.abs(value) >= 10_000 })
        : number(value);

/** The width that a column's name and first rows need, in rem. */
function widthOf(name: string, column: Cell[]): number {
  const longest = Math.max(name.length, ...column.slice(0, SAMPLE_ROWS).map((value) => textOf(value).length));
  return Math.min(WIDEST_REM, longest * CHARACTER_REM + PADDING_REM);
}
