/** Marks what was looked for in the lines that are in the page, without touching them. */

import { places } from './log_rows';

const NAME = 'log-match';

/** Marks `wanted` in the texts of `rows`; rows with it have the class "hit". */
export function mark(rows: readonly HTMLElement[], wanted: string, exact: boolean): void {
  const ranges: Range[] = [];
  for (const row of rows) {
    const found = wanted ? rangesIn(row.querySelector('.tx'), wanted, exact) : [];
    row.classList.toggle('hit', found.length > 0);
    ranges.push(...found);
  }
  if (!('highlights' in CSS)) return;
  if (ranges.length) CSS.highlights.set(NAME, new Highlight(...ranges));
  else CSS.highlights.delete(NAME);
}

function rangesIn(root: Element | null, wanted: string, exact: boolean): Range[] {
  if (!root) return [];
  const texts: Text[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    if (!text.parentElement?.closest('.more')) texts.push(text);
  }
  const whole = texts.map((text) => text.data).join('');
  return places(whole, wanted, exact).map((at) => {
    const range = new Range();
    const start = locate(texts, at);
    const end = locate(texts, at + wanted.length - 1);
    range.setStart(start.text, start.offset);
    range.setEnd(end.text, end.offset + 1);
    return range;
  });
}

function locate(texts: readonly Text[], at: number): { text: Text; offset: number } {
  let offset = at;
  for (const text of texts) {
    if (offset < text.length) return { text, offset };
    offset -= text.length;
  }
  const last = texts.at(-1) as Text;
  return { text: last, offset: last.length - 1 };
}
