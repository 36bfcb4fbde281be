/** What the server tells of a log, as rows: one per line. */

export type Stream = 'out' | 'err' | 'lab';

export interface LogPiece {
  stream: Stream;
  time: number;
  text: string;
}

export interface LeftOut {
  bytes: number;
  lines: number;
  text: string;
}

/** A part of the log by bytes, as live answers bring it. */
export interface LogPart {
  start: number;
  end: number;
  size: number;
  first_line: number;
  lines: number;
  left_out: LeftOut | null;
  styles: Record<string, string>;
  pieces: LogPiece[];
  unfinished: LogPiece[];
}

export interface Row {
  number: number;
  stream: Stream;
  time: number;
  text: string;
  /** Bytes of the line that are not in `text`. */
  more: number;
}

/** Lines of the log, as they are asked for by number. */
export interface LogLines {
  rows: Row[];
  previous: number | null;
  next: number | null;
  size: number;
  lines: number;
  gap: number | null;
  left_out: LeftOut | null;
  styles: Record<string, string>;
  unfinished: LogPiece[];
}

export interface Match {
  line: number;
  start: number;
}

export interface Matches {
  matches: Match[];
  next: number | null;
  size: number;
}

/** Characters shown of one line. */
export const LONGEST = 10_000;

/** The rows of a part; a line that two pieces share is one row, of the stream that began it. */
export function rowsOf(part: Pick<LogPart, 'first_line' | 'pieces'>): Row[] {
  const rows: Row[] = [];
  let number = part.first_line;
  let unfinished = false;
  for (const { stream, time, text } of part.pieces) {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    if (last) lines.push(last);
    for (const line of lines) {
      const before = rows.at(-1);
      if (unfinished && before) append(before, line);
      else rows.push(cut({ number: number++, stream, time, text: line, more: 0 }));
      unfinished = false;
    }
    unfinished = last !== '';
  }
  return rows;
}

/** Lengthens a row by what came later of its line. */
export function append(row: Row, text: string): void {
  row.text += text;
  cut(row);
}

function cut(row: Row): Row {
  if (row.text.length > LONGEST) {
    row.more += row.text.length - LONGEST;
    row.text = row.text.slice(0, LONGEST);
  }
  return row;
}

/** Which of the sorted `lines` comes next from `line` on in a direction, going round at the ends; -1 where there is none. */
export function step(lines: readonly number[], line: number, by: 1 | -1): number {
  if (!lines.length) return -1;
  if (by > 0) {
    const found = lines.findIndex((one) => one > line);
    return found < 0 ? 0 : found;
  }
  const found = lines.findLastIndex((one) => one < line);
  return found < 0 ? lines.length - 1 : found;
}

/** Where `wanted` stands in `text`, without regard to case unless `exact`. */
export function places(text: string, wanted: string, exact: boolean): number[] {
  const found: number[] = [];
  if (!wanted) return found;
  const [hay, needle] = exact ? [text, wanted] : [asciiLower(text), asciiLower(wanted)];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) found.push(at);
  return found;
}

/** As the server does it: other letters than a to z have one case. */
const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** The line that an address like "#L120" names. */
export function lineOf(hash: string): number | undefined {
  const match = /^#L([1-9]\d{0,14})$/.exec(hash);
  return match ? Number(match[1]) : undefined;
}
