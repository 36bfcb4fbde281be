/** A table of up to ten thousand rows: only the visible ones are in the page; sorted and filtered here. */

import { make } from '../dom';
import { number } from '../format';
import { isNumeric, matching, sorted, type Cell } from './columns';
import { fetchJson } from './answers';

interface TableJson {
  columns: { name: string; type: string }[];
  data: Cell[][];
  rows: number;
  shown: number;
}

const ROW_PX = 30;
const SPARE_ROWS = 8;
const FILTER_FROM_ROWS = 20;
const SAMPLE_ROWS = 50;
const CHARACTER_REM = 0.46;
const PADDING_REM = 1.25;
const WIDEST_REM = 20;

export async function draw(place: HTMLElement, address: string): Promise<void> {
  new Table(place, await fetchJson<TableJson>(address)).show();
}

class Table {
  private readonly port: HTMLElement;
  private readonly body = make('div', { class: 'body', role: 'rowgroup' });
  private readonly heads: HTMLElement[];
  private readonly numeric: boolean[];
  private readonly total: number;
  private readonly template: string;
  private readonly width: string;
  private rows: Uint32Array;
  private by = -1;
  private direction: 1 | -1 = 1;

  constructor(
    private readonly place: HTMLElement,
    private readonly table: TableJson,
  ) {
    this.total = table.data[0]?.length ?? 0;
    this.rows = matching(table.data, this.total, '');
    this.numeric = table.data.map(isNumeric);
    const widths = table.columns.map((column, at) => widthOf(column.name, table.data[at] ?? []));
    this.template = widths.map((rem) => `minmax(${rem}rem, ${rem}fr)`).join(' ');
    this.width = `${widths.reduce((sum, rem) => sum + rem, 0)}rem`;
    this.heads = table.columns.map((column, at) => this.head(column, at));
    this.port = make('div', { class: 'port', tabindex: '0', role: 'table', 'aria-label': place.dataset.label ?? 'Table' });
    this.port.setAttribute('aria-rowcount', String(this.total + 1));
  }

  show(): void {
    const heads = make('div', { class: 'line heads', role: 'row', 'aria-rowindex': '1' }, ...this.heads);
    heads.style.gridTemplateColumns = this.template;
    heads.style.minWidth = this.width;
    this.body.style.minWidth = this.width;
    this.port.append(heads, this.body);
    this.port.addEventListener('scroll', () => this.paint(), { passive: true });
    const parts: Node[] = [this.port];
    if (this.total >= FILTER_FROM_ROWS) parts.unshift(this.filter());
    if (this.table.rows > this.table.shown)
      parts.push(make('p', { class: 'small muted pad' }, `The first ${number(this.table.shown)} of ${number(this.table.rows)} rows.`));
    this.place.replaceChildren(...parts);
    this.apply();
  }

  private filter(): HTMLElement {
    const input = make('input', { class: 'in', type: 'search', placeholder: 'Filter rows', 'aria-label': 'Filter rows' });
    input.addEventListener('input', () => {
      this.rows = matching(this.table.data, this.total, input.value);
      this.apply();
    });
    return make('div', { class: 'pad' }, input);
  }

  private head(column: { name: string; type: string }, at: number): HTMLElement {
    const button = make('button', { type: 'button', title: column.type }, column.name);
    button.addEventListener('click', () => {
      this.direction = this.by === at && this.direction === 1 ? -1 : 1;
      this.by = at;
      this.apply();
    });
    return make('div', { role: 'columnheader', class: this.numeric[at] ? 'num' : '' }, button);
  }

  private apply(): void {
    const column = this.table.data[this.by];
    if (column) this.rows = sorted(column, this.rows, this.direction);
    this.heads.forEach((head, at) => {
      if (at === this.by) head.setAttribute('aria-sort', this.direction > 0 ? 'ascending' : 'descending');
      else head.removeAttribute('aria-sort');
    });
    this.body.style.height = `${this.rows.length * ROW_PX}px`;
    this.paint();
  }

  private paint(): void {
    const first = Math.max(0, Math.floor(this.port.scrollTop / ROW_PX) - SPARE_ROWS);
    const last = Math.min(this.rows.length, first + Math.ceil(this.port.clientHeight / ROW_PX) + 2 * SPARE_ROWS);
    const lines: HTMLElement[] = [];
    for (let at = first; at < last; at++) lines.push(this.line(at));
    this.body.replaceChildren(...lines);
  }

  private line(at: number): HTMLElement {
    const row = this.rows[at] as number;
    const cells = this.table.data.map((column, index) => {
      const value = column[row] ?? null;
      const kind = value === null ? 'null' : this.numeric[index] ? 'num' : '';
      const text = textOf(value);
      return make('div', { role: 'cell', class: kind, ...(text.length > 12 ? { title: text } : {}) }, text);
    });
    const line = make('div', { class: 'line', role: 'row', 'aria-rowindex': String(at + 2) }, ...cells);
    line.style.top = `${at * ROW_PX}px`;
    line.style.gridTemplateColumns = this.template;
    return line;
  }
}

const textOf = (value: Cell): string =>
  value === null ? '–' : typeof value === 'number' ? number(value) : String(value);

/** The width that a column's name and first rows need, in rem. */
function widthOf(name: string, column: Cell[]): number {
  const longest = Math.max(name.length, ...column.slice(0, SAMPLE_ROWS).map((value) => textOf(value).length));
  return Math.min(WIDEST_REM, longest * CHARACTER_REM + PADDING_REM);
}
