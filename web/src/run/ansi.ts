/** The log's text as coloured spans: ANSI's colours and weights (ECMA-48 SGR); the same rules as `ansi.py`. */

export interface Span {
  text: string;
  classes: string;
}

// eslint-disable-next-line no-control-regex
const ESCAPE = /\x1b(?:\[([0-9;:]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const LINE_REWRITE = /[^\n]*\r(?!\n|$)/g;
const MARKS = ['ansi-bold', 'ansi-dim', 'ansi-italic', 'ansi-underline'];

export function spans(source: string): Span[] {
  const text = source.replaceAll('\r\n', '\n').replace(LINE_REWRITE, '');
  const found: Span[] = [];
  const style = new Style();
  let start = 0;
  for (const match of text.matchAll(ESCAPE)) {
    push(found, text.slice(start, match.index), style.classes);
    start = match.index + match[0].length;
    if (match[2] === 'm') style.apply(match[1] ?? '');
  }
  push(found, text.slice(start), style.classes);
  return found;
}

function push(found: Span[], raw: string, classes: string): void {
  const text = raw.replace(CONTROL, '');
  const last = found.at(-1);
  if (!text) return;
  if (last?.classes === classes) last.text += text;
  else found.push({ text, classes });
}

class Style {
  private color: number | undefined;
  private marks = new Set<string>();

  get classes(): string {
    return [...(this.color === undefined ? [] : [`ansi-${this.color}`]), ...[...this.marks].sort()].join(' ');
  }

  apply(codes: string): void {
    const numbers = codes.split(/[;:]/).map(Number);
    while (numbers.length) {
      const code = numbers.shift() ?? 0;
      if (code === 38 || code === 48) this.extended(code, numbers);
      else this.simple(code);
    }
  }

  private simple(code: number): void {
    if (code === 0) {
      this.color = undefined;
      this.marks.clear();
    } else if (code >= 1 && code <= 4) this.marks.add(MARKS[code - 1] as string);
    else if (code === 22) for (const mark of MARKS.slice(0, 2)) this.marks.delete(mark);
    else if (code === 23 || code === 24) this.marks.delete(MARKS[code - 21] as string);
    else if (code >= 30 && code <= 37) this.color = code - 30;
    else if (code >= 90 && code <= 97) this.color = code - 82;
    else if (code === 39) this.color = undefined;
  }

  private extended(code: number, numbers: number[]): void {
    const mode = numbers.shift() ?? 0;
    const [first] = numbers.splice(0, mode === 5 ? 1 : 3);
    if (code === 38) this.color = mode === 5 && first !== undefined && first < 16 ? first : undefined;
  }
}
