/** Where a table's rows come from: the page's own copy of a small one, or the server for a large one. */

import { matching, sorted, type Cell } from './columns';
import { fetchJson } from './answers';

export interface Column {
  name: string;
  type: string;
}

export interface TableJson {
  columns: Column[];
  data: Cell[][]; // column by column
  rows: number;
  shown: number;
}

export interface Order {
  by: number; // column; -1 for the file's own order
  falling: boolean;
  text: string; // that rows contain
}

export interface Source {
  readonly columns: Column[];
  readonly total: number;
  readonly found: number; // rows that the filter leaves
  readonly sample: Cell[][]; // some rows' cells, column by column
  order(wanted: Order): Promise<void>;
  /** The cells of a row; none while they are on their way. */
  line(at: number): Cell[] | undefined;
}

/** All rows are in the page. */
export class LocalRows implements Source {
  private rows: Uint32Array;
  readonly columns: Column[];
  readonly total: number;
  readonly sample: Cell[][];

  constructor(private readonly table: TableJson) {
    this.columns = table.columns;
    this.total = table.data[0]?.length ?? 0;
    this.sample = table.data;
    this.rows = matching(table.data, this.total, '');
  }

  get found(): number {
    return this.rows.length;
  }

  order({ by, falling, text }: Order): Promise<void> {
    const rows = matching(this.table.data, this.total, text);
    const column = this.table.data[by];
    this.rows = column ? sorted(column, rows, falling ? -1 : 1) : rows;
    return Promise.resolve();
  }

  line(at: number): Cell[] {
    const row = this.rows[at] as number;
    return this.table.data.map((column) => column[row] ?? null);
  }
}

interface RowsJson {
  columns: string[];
  first: number;
  rows: string[][];
  found: number;
  total: number;
}

const PIECE = 200; // rows asked for at once
const MOST_PIECES = 50; // kept; the ones that were asked for first go
const NUMERIC = new Set(['integer', 'number']);

/** The server has the rows; pieces of them come as they are looked at. */
export class ServerRows implements Source {
  private pieces = new Map<number, Cell[][] | undefined>(); // none: on its way
  private wanted: Order = { by: -1, falling: false, text: '' };
  private turn = 0;
  total = 0;
  found = 0;
  sample: Cell[][] = [];

  /**
   * @param came is called when rows have come that were missing
   * @param failed is called with the words of a refusal
   */
  constructor(
    private readonly address: string,
    public columns: Column[],
    private readonly came: () => void,
    private readonly failed: (words: string) => void,
  ) {}

  /** Asks for the first rows; the types of columns that nobody has told are guessed from them. */
  async begin(): Promise<this> {
    const found = await this.ask(0);
    if (!this.columns.length) {
      this.columns = found.columns.map((name, at) => ({ name, type: guessed(found.rows.map((row) => row[at] ?? '')) }));
    }
    this.keep(0, found);
    const rows = this.pieces.get(0) ?? [];
    this.sample = this.columns.map((_, at) => rows.map((row) => row[at] ?? null));
    return this;
  }

  async order(wanted: Order): Promise<void> {
    const turn = ++this.turn;
    const before = this.wanted;
    this.wanted = wanted;
    try {
      const found = await this.ask(0);
      if (turn !== this.turn) return;
      this.pieces = new Map();
      this.keep(0, found);
    } catch (error) {
      if (turn === this.turn) this.wanted = before;
      throw error;
    }
  }

  line(at: number): Cell[] | undefined {
    const piece = Math.floor(at / PIECE);
    if (!this.pieces.has(piece)) void this.fetch(piece);
    return this.pieces.get(piece)?.[at % PIECE];
  }

  private async fetch(piece: number): Promise<void> {
    const turn = this.turn;
    this.pieces.set(piece, undefined);
    try {
      const found = await this.ask(piece * PIECE);
      if (turn !== this.turn) return;
      this.keep(piece, found);
      this.came();
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private ask(first: number): Promise<RowsJson> {
    const query = new URLSearchParams({ first: String(first), count: String(PIECE) });
    if (this.wanted.by >= 0) query.set('by', String(this.wanted.by));
    if (this.wanted.falling) query.set('falling', '');
    if (this.wanted.text.trim()) query.set('text', this.wanted.text.trim());
    return fetchJson<RowsJson>(`${this.address}?${query}`);
  }

  private keep(piece: number, found: RowsJson): void {
    this.total = found.total;
    this.found = found.found;
    const numeric = this.columns.map(({ type }) => NUMERIC.has(type));
    this.pieces.set(piece, found.rows.map((row) => row.map((text, at) => cellOf(text, Boolean(numeric[at])))));
    const oldest = this.pieces.keys().next().value;
    if (this.pieces.size > MOST_PIECES && oldest !== undefined) this.pieces.delete(oldest);
  }
}

/** A cell as CSV has it: empty for none, text for what is no number in a column of numbers. */
export function cellOf(text: string, numeric: boolean): Cell {
  if (text === '') return null;
  const value = numeric ? Number(text) : NaN;
  return Number.isNaN(value) ? text : value;
}

/** The type of a column whose cells are texts. */
export function guessed(texts: string[]): string {
  const filled = texts.filter((text) => text !== '');
  return filled.length && filled.every((text) => Number.isFinite(Number(text)) && text.trim()) ? 'number' : 'text';
}
