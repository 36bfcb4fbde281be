/** Sorting and filtering of column data. Pure, so that tests need no browser. */

export type Cell = string | number | boolean | null;

const isNumber = (value: Cell | undefined): value is number => typeof value === 'number';

/** Whether a column is set as numbers. */
export const isNumeric = (column: Cell[]): boolean => isNumber(column.find((value) => value !== null));

/** Row numbers sorted by a column; empty cells last either way. */
export function sorted(column: Cell[], rows: Uint32Array, direction: 1 | -1): Uint32Array {
  return rows.slice().sort((a, b) => {
    const left = column[a] ?? null;
    const right = column[b] ?? null;
    if (left === null || right === null) return left === right ? a - b : left === null ? 1 : -1;
    const compared = isNumber(left) && isNumber(right) ? left - right : compare(String(left), String(right));
    return direction * compared || a - b;
  });
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Numbers of the rows that contain a text in any column. */
export function matching(columns: Cell[][], total: number, text: string): Uint32Array {
  const wanted = text.trim().toLowerCase();
  const found: number[] = [];
  for (let row = 0; row < total; row++)
    if (!wanted || columns.some((column) => String(column[row] ?? '').toLowerCase().includes(wanted))) found.push(row);
  return Uint32Array.from(found);
}
