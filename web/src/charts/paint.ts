/** A chart on a canvas. */

import { scaleOf, type Axis, type Scale } from './axis';
import { lone, stretches, type Line } from './line';

/** How a line is drawn. */
export interface Style {
  color: string;
  dash: readonly number[] | undefined;
}

/** Where the curves are, in CSS pixels of the canvas. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** How strongly things are drawn, on canvas and in SVG. */
export const ALPHA = { band: 0.2, edge: 0.4, raw: 0.3 }; // the edge shows spikes of one bucket; raw lies behind a smoothed line
export const STROKE = { line: 1.75, raw: 1, edge: 0.5, lone: 3 }; // px; of lone points the radius

const LABEL_GAP = 6;
export const RIGHT = 12; // px right of the frame: the last label of x may end there

interface Painted {
  frame: Frame;
  x: Axis;
  y: Axis;
  lines: Line[];
  styles: Style[];
  colors: { text: string; grid: string };
}

export function paint(context: CanvasRenderingContext2D, { frame, x, y, lines, styles, colors }: Painted): void {
  const { left, top, width, height } = frame;
  const across = scaleOf(x, left, left + width);
  const up = scaleOf(y, top + height, top);
  context.lineWidth = 1;
  context.strokeStyle = colors.grid;
  context.fillStyle = colors.text;
  context.beginPath();
  // Half a pixel off, a line of one pixel is sharp.
  for (const { at } of x.ticks) segment(context, sharp(across.to(at)), top, sharp(across.to(at)), top + height);
  for (const { at } of y.ticks) segment(context, left, sharp(up.to(at)), left + width, sharp(up.to(at)));
  context.stroke();
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const { at, label } of x.ticks) {
    const most = left + width + RIGHT - context.measureText(label).width / 2;
    context.fillText(label, Math.min(across.to(at), most), top + height + LABEL_GAP);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const { at, label } of y.ticks) context.fillText(label, left - LABEL_GAP, up.to(at));
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.lineJoin = 'round';
  lines.forEach((line, at) => {
    const style = styles[at];
    if (style) paintBand(context, line, style, across, up);
  });
  lines.forEach((line, at) => {
    const style = styles[at];
    if (!style) return;
    if (line.smooth) paintLine(context, line.x, line.y, style, across, up, STROKE.raw, ALPHA.raw);
    paintLine(context, line.x, line.smooth ?? line.y, style, across, up, STROKE.line, 1);
  });
  context.restore();
}

const sharp = (place: number): number => Math.round(place) + 0.5;

function segment(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.moveTo(x, y);
  context.lineTo(toX, toY);
}

function paintBand(context: CanvasRenderingContext2D, line: Line, { color }: Style, across: Scale, up: Scale): void {
  const { x, low, high } = line;
  if (!low || !high) return;
  context.fillStyle = context.strokeStyle = color;
  context.lineWidth = STROKE.edge;
  context.setLineDash([]);
  for (const [from, to] of stretches(low, high)) {
    const move = (values: Line['y'], at: number): void => context.lineTo(across.to(x[at] as number), up.to(values[at] as number));
    context.beginPath();
    for (let at = from; at < to; at++) move(high, at);
    for (let at = to - 1; at >= from; at--) move(low, at);
    context.closePath();
    context.globalAlpha = ALPHA.band;
    context.fill();
    context.globalAlpha = ALPHA.edge;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function paintLine(
  context: CanvasRenderingContext2D,
  x: number[],
  y: Line['y'],
  { color, dash }: Style,
  across: Scale,
  up: Scale,
  width: number,
  alpha: number,
): void {
  context.globalAlpha = alpha;
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = width;
  context.setLineDash([...(dash ?? [])]);
  context.beginPath();
  let drawing = false;
  y.forEach((value, at) => {
    if (value === null) drawing = false;
    else {
      if (drawing) context.lineTo(across.to(x[at] as number), up.to(value));
      else context.moveTo(across.to(x[at] as number), up.to(value));
      drawing = true;
    }
  });
  context.stroke();
  for (const [at, value] of lone(x, y)) {
    context.beginPath();
    context.arc(across.to(at), up.to(value), STROKE.lone, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}
