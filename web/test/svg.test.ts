import { expect, test } from 'vitest';
import { lone, stretches } from '../src/charts/line';
import { escaped, svgOf, type Picture } from '../src/charts/svg';

const LINE = { key: 'loss', x: [0, 5, 10], y: [0, null, 1], smooth: undefined, low: undefined, high: undefined };
const AXIS = { range: { low: 0, high: 10 }, log: false, ticks: [{ at: 5, label: '5' }], title: 'step' };

const picture = (given: Partial<Picture> = {}): Picture => ({
  title: 'loss',
  width: 800,
  height: 400,
  x: AXIS,
  y: { ...AXIS, range: { low: 0, high: 1 }, ticks: [{ at: 1, label: 'one' }], title: '' },
  lines: [{ line: LINE, name: 'loss', color: 'rgb(1, 2, 3)', dash: undefined }],
  colors: { ground: '#fff', text: '#000', grid: '#ccc' },
  ...given,
});

/** Whether every element is closed in turn: all that XML asks of elements. */
function balanced(xml: string): boolean {
  const open: string[] = [];
  for (const [, end, name = '', empty] of xml.matchAll(/<(\/?)([a-zA-Z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (empty) continue;
    if (!end) open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0 && !/&(?!#\d+;)/.test(xml);
}

test('a chart becomes an SVG with its axes, lines and names', () => {
  const svg = svgOf(picture());
  expect(balanced(svg)).toBe(true);
  expect(svg).toContain('<title>loss</title>');
  for (const text of ['>5<', '>one<', '>step<']) expect(svg).toContain(text);
  expect(svg.match(/<circle/g)?.length).toBe(2);
});

test('a line has a gap where it has no value, and a band is drawn behind it', () => {
  const line = { ...LINE, x: [0, 2, 4, 6, 8], y: [1, 1, null, 0, 0], low: [0, 0, null, 0, 0], high: [1, 1, null, 1, 1] };
  const svg = svgOf(picture({ lines: [{ line, name: 'a', color: '#123', dash: [6, 4] }] }));
  expect(svg.match(/ d="M[^"]*M[^"]*"[^>]*fill-opacity="0.2"/g)?.length).toBe(1);
  expect(svg).toContain('stroke-dasharray="6 4"');
});

test('smoothed lines keep the raw one faint behind them', () => {
  const line = { ...LINE, y: [0, 0.5, 1], smooth: [0, 0.4, 0.9] };
  const svg = svgOf(picture({ lines: [{ line, name: 'a', color: '#123', dash: undefined }] }));
  expect(svg.indexOf('stroke-opacity="0.3"')).toBeLessThan(svg.indexOf('stroke-width="1.75"'));
});

test('places follow a log axis', () => {
  const axis = { range: { low: 1, high: 100 }, log: true, ticks: [{ at: 10, label: 'ten' }], title: '' };
  const svg = svgOf(picture({ x: axis, lines: [] }));
  expect(svg).toContain(`<text x="${62 + (800 - 62 - 16) / 2}" y="372" fill="#000" text-anchor="middle">ten</text>`);
});

test('names that are markup stay text', () => {
  const name = '</title><script>alert(1)</script>&"\'\u0000\u0001\ud800';
  const svg = svgOf(picture({ title: name, lines: [{ line: LINE, name, color: '#123', dash: undefined }] }));
  expect(svg).not.toContain('<script');
  expect(balanced(svg)).toBe(true);
  expect(escaped('a\u0000\ud800<b>&')).toBe('a&#60;b&#62;&#38;');
});

test('points between gaps and stretches of a band are found', () => {
  expect(lone([0, 1, 2, 3], [1, null, 2, 3])).toEqual([[0, 1]]);
  expect(stretches([1, null, 2, 3], [1, 1, 2, 3])).toEqual([[0, 1], [2, 4]]);
  expect(stretches([], [])).toEqual([]);
});
