/** The log's text as coloured spans: ANSI's colours and weights (ECMA-48 SGR); the same rules as `ansi.py`. */

export interface Span {
  text: string;
  classes: string;
  /** "#rrggbb" where it is none of the sixteen named ones. */
  color: string;
  /** Likewise, behind the text. */
  ground: string;
}

type Color = number | string | undefined;

const ESCAPE =
  // eslint-disable-next-line no-control-regex
  /\x1b(?:\[([0-?]*)([ -/]*[@-~])|\[[0-?]*[ -/]*$|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]*[0-~]|$)/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;
const LINE_REWRITE = /[^\n]*\r(?!\n|$)/g;
const MARKS: Record<number, string> = {
  1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline', 7: 'inverse', 8: 'hidden', 9: 'strike', 21: 'underline',
};
const ENDS: Record<number, string[]> = {
  22: ['bold', 'dim'], 23: ['italic'], 24: ['underline'], 27: ['inverse'], 28: ['hidden'], 29: ['strike'],
};
const LEVELS = [0, 95, 135, 175, 215, 255];
const LEAST_CHROMA = 48;

/** What a text looks like from here on; goes on from line to line. */
export class Style {
  private color: Color;
  private ground: Color;
  private marks = new Set<string>();

  constructor(codes = '') {
    for (const match of codes.matchAll(ESCAPE)) this.read(match);
  }

  /** Takes what an escape sequence says, if it is about colours. */
  read(match: RegExpMatchArray): void {
    const codes = match[1] ?? '';
    if (match[2] === 'm' && /^[\d;:]*$/.test(codes)) this.apply(codes);
  }

  span(text: string): Span {
    let [color, ground] = [this.color, this.ground];
    const marks = new Set(this.marks);
    if (marks.has('inverse') && (color !== undefined || ground !== undefined)) {
      [color, ground] = [ground, color];
      marks.delete('inverse');
    }
    const classes = [
      ...(color === undefined ? [] : [`ansi-${typeof color === 'number' ? color : nearest(color)}`]),
      ...(ground === undefined ? [] : [`ansi-on-${typeof ground === 'number' ? ground : nearest(ground)}`]),
      ...[...marks].sort().map((mark) => `ansi-${mark}`),
    ].join(' ');
    return { text, classes, color: exact(color), ground: exact(ground) };
  }

  private apply(codes: string): void {
    const parts = codes.split(';').map((part) => part.split(':').map((number) => Number(number.slice(0, 9))));
    while (parts.length) {
      const [code = 0, ...details] = parts.shift() ?? [];
      if (code === 38 || code === 48 || code === 58) {
        const value = extended(details, parts);
        if (code === 38) this.color = value;
        else if (code === 48) this.ground = value;
      } else if (code === 4 && details.length === 1 && details[0] === 0) this.marks.delete('underline');
      else this.simple(code);
    }
  }

  private simple(code: number): void {
    const mark = MARKS[code];
    if (code === 0) {
      this.color = this.ground = undefined;
      this.marks.clear();
    } else if (mark) this.marks.add(mark);
    else if (ENDS[code]) for (const ended of ENDS[code]) this.marks.delete(ended);
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.color = code < 90 ? code - 30 : code - 82;
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) this.ground = code < 100 ? code - 40 : code - 92;
    else if (code === 39) this.color = undefined;
    else if (code === 49) this.ground = undefined;
  }
}

/** `source` without escape sequences, cut where its style changes; `style` goes on behind it. */
export function spans(source: string, style = new Style()): Span[] {
  const text = source.replaceAll('\r\n', '\n').replace(LINE_REWRITE, '');
  const found: Span[] = [];
  let start = 0;
  for (const match of text.matchAll(ESCAPE)) {
    push(found, style.span(text.slice(start, match.index).replace(CONTROL, '')));
    start = match.index + match[0].length;
    style.read(match);
  }
  push(found, style.span(text.slice(start).replace(CONTROL, '')));
  return found;
}

function push(found: Span[], span: Span): void {
  const last = found.at(-1);
  if (!span.text) return;
  if (last && last.classes === span.classes && last.color === span.color && last.ground === span.ground) last.text += span.text;
  else found.push(span);
}

/** The colour of 5;n or 2;r;g;b, whose numbers stand behind colons or are the next parts. */
function extended(details: number[], parts: number[][]): Color {
  let [mode = 0, ...values] = details;
  if (!details.length) {
    mode = parts.shift()?.[0] ?? 0;
    values = parts.splice(0, mode === 5 ? 1 : mode === 2 ? 3 : 0).map(([value = 0]) => value);
  } else if (mode === 2) values = values.slice(-3);
  const [index = 256] = values;
  if (mode === 5 && index < 256) return index < 16 ? index : hex(of256(index));
  return mode === 2 && values.length === 3 && Math.max(...values) < 256 ? hex(values) : undefined;
}

function of256(index: number): number[] {
  if (index >= 232) return Array<number>(3).fill(8 + 10 * (index - 232));
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => LEVELS[level] as number);
}

const exact = (color: Color): string => (typeof color === 'string' ? color : '');

const hex = (parts: number[]): string => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

const parts = (color: string): number[] => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

function nearest(color: string): number {
  const [red = 0, green = 0, blue = 0] = parts(color);
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < LEAST_CHROMA) return most < 128 ? 8 : 7;
  const middle = most + least;
  return Number(2 * red > middle) + 2 * Number(2 * green > middle) + 4 * Number(2 * blue > middle);
}

/** Relative luminance (WCAG 2). */
const luminance = (color: number[]): number => {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

export const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(parts(one)), luminance(parts(other))].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const READABLE = 4.5;
const STEPS = 20;

/** `color`, moved towards black or white until it is readable on `ground`. */
export function readable(color: string, ground: string): string {
  const end = luminance(parts(ground)) > 0.18 ? 0 : 255;
  for (let step = 0; step < STEPS; step++) {
    const mixed = hex(parts(color).map((part) => Math.round(part + ((end - part) * step) / STEPS)));
    if (contrast(mixed, ground) >= READABLE) return mixed;
  }
  return end ? '#ffffff' : '#000000';
}
