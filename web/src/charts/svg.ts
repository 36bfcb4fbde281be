/** A chart as an SVG of its own: axes, bands, lines and a legend, with colours written out. */

import { scaleOf, type Axis } from './axis';
import { lone, stretches, type Line } from './line';
import { ALPHA, STROKE, type Style } from './paint';

export interface Picture {
  title: string;
  width: number; // px
  height: number;
  x: Axis;
  y: Axis;
  lines: (Style & { line: Line; name: string })[];
  colors: { ground: string; text: string; grid: string };
}

const FONT = '"Inter", "Helvetica Neue", Arial, sans-serif';
const TOP = 32; // room of the title
const BOTTOM = 44; // of the ticks and the axis' title
const LEFT = 62;
const RIGHT = 16;
const ENTRY = 18; // height of one name in the legend

export function svgOf(picture: Picture): string {
  const { width, height, colors } = picture;
  const frame = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const x = scaleOf(picture.x, frame.left, frame.left + frame.width).to;
  const y = scaleOf(picture.y, frame.top + frame.height, frame.top).to;
  const total = height + ENTRY * picture.lines.length;
  const clip = `<clipPath id="frame"><rect x="${frame.left}" y="${frame.top}" width="${frame.width}" height="${frame.height}"/></clipPath>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family='${FONT}' font-size="11">`,
    `<title>${escaped(picture.title)}</title>`,
    `<defs>${clip}</defs>`,
    `<rect width="100%" height="100%" fill="${colors.ground}"/>`,
    word(width / 2, 20, picture.title, colors.text, 'middle', ' font-size="14" font-weight="600"'),
    ...picture.x.ticks.map((tick) => upright(x(tick.at), frame, tick.label, colors)),
    ...picture.y.ticks.map((tick) => level(y(tick.at), frame, tick.label, colors)),
    word(frame.left + frame.width / 2, height - 8, picture.x.title, colors.text, 'middle'),
    '<g clip-path="url(#frame)" fill="none" stroke-linejoin="round">',
    ...picture.lines.flatMap((each) => drawn(each, x, y)),
    '</g>',
    ...picture.lines.flatMap(({ name, color, dash }, at) => entry(name, color, dash, height + ENTRY * at, colors.text)),
    '</svg>\n',
  ].join('\n');
}

type Place = (value: number) => number;

interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

const short = (value: number): string => String(Math.round(value * 100) / 100);

function drawn({ line, color, dash }: Picture['lines'][number], x: Place, y: Place): string[] {
  const parts: string[] = [];
  if (line.low && line.high) {
    const outline = bandPath(line.x, line.low, line.high, x, y);
    if (outline) parts.push(`<path d="${outline}" fill="${color}" fill-opacity="${ALPHA.band}" stroke="${color}" stroke-opacity="${ALPHA.edge}" stroke-width="${STROKE.edge}"/>`);
  }
  const style = dash ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  const stroke = (values: Line['y'], more: string): void => {
    const path = linePath(line.x, values, x, y);
    if (path) parts.push(`<path d="${path}" stroke="${color}"${style}${more}/>`);
    for (const [at, value] of lone(line.x, values))
      parts.push(`<circle cx="${short(x(at))}" cy="${short(y(value))}" r="${STROKE.lone}" fill="${color}"/>`);
  };
  if (line.smooth) stroke(line.y, ` stroke-width="${STROKE.raw}" stroke-opacity="${ALPHA.raw}"`);
  stroke(line.smooth ?? line.y, ` stroke-width="${STROKE.line}"`);
  return parts;
}

function linePath(xs: number[], ys: Line['y'], x: Place, y: Place): string {
  let path = '';
  let drawing = false;
  ys.forEach((value, at) => {
    if (value === null) drawing = false;
    else {
      path += `${drawing ? 'L' : 'M'}${short(x(xs[at] as number))} ${short(y(value))}`;
      drawing = true;
    }
  });
  return path;
}

function bandPath(xs: number[], lows: Line['y'], highs: Line['y'], x: Place, y: Place): string {
  return stretches(lows, highs)
    .map(([from, to]) => {
      const along = Array.from({ length: to - from }, (_, i) => from + i);
      const point = (values: Line['y']) => (at: number) => `${short(x(xs[at] as number))} ${short(y(values[at] as number))}`;
      return `M${[...along.map(point(highs)), ...along.reverse().map(point(lows))].join('L')}Z`;
    })
    .join('');
}

const upright = (at: number, frame: Frame, label: string, colors: Picture['colors']): string =>
  `<path d="M${short(at)} ${frame.top}V${frame.top + frame.height}" stroke="${colors.grid}"/>` +
  word(at, frame.top + frame.height + 16, label, colors.text, 'middle');

const level = (at: number, frame: Frame, label: string, colors: Picture['colors']): string =>
  `<path d="M${frame.left} ${short(at)}H${frame.left + frame.width}" stroke="${colors.grid}"/>` +
  word(frame.left - 6, at + 4, label, colors.text, 'end');

function entry(name: string, color: string, dash: readonly number[] | undefined, top: number, text: string): string[] {
  const style = dash ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  return [
    `<path d="M${LEFT} ${top + 4}h18" stroke="${color}" stroke-width="2.5"${style}/>`,
    word(LEFT + 26, top + 8, name, text, 'start'),
  ];
}

const word = (x: number, y: number, text: string, color: string, anchor: string, more = ''): string =>
  text ? `<text x="${short(x)}" y="${short(y)}" fill="${color}" text-anchor="${anchor}"${more}>${escaped(text)}</text>` : '';

/** Text as XML holds it; characters that XML cannot hold are left out. */
export const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
