/** How far a run has come, its pace and what is left, in words; the same rules as `runs/progress.py`. */

import { duration, number, size } from '../format';
import type { Loop, Progress } from './live';

const DEFAULT_UNIT = 'it';
const LEAST_PATIENCE_SECONDS = 10; // a loop that says nothing for so long, and for some of its steps, has paused
const PATIENT_STEPS = 4;

const isBytes = (unit: string): boolean => unit === 'B' || unit === 'bytes';

const counted = (done: number, { total, unit }: Loop): string => {
  const write = isBytes(unit) ? size : number;
  return total ? `${write(done)} of ${write(total)}` : write(done);
};

const labelled = (loop: Loop, done: number): string => {
  const label = loop.message || (loop.unit === DEFAULT_UNIT || isBytes(loop.unit) ? '' : loop.unit);
  if (/^\p{L}+$/u.test(label)) return `${label} ${counted(done, loop)}`;
  return label ? `${counted(done, loop)} · ${label}` : counted(done, loop);
};

/** The step that is being done, counted from 1. */
const presentStep = ({ done, total }: Loop): number => {
  const step = Math.trunc(done) + 1;
  return total ? Math.min(step, total) : step;
};

/** "3 of 20 · reading", "epoch 3 of 20 · batch 140 of 900" */
export function positionText(progress: Progress): string {
  const last = progress.inner.at(-1);
  if (!last) {
    const words = counted(progress.done, progress);
    return progress.message ? `${words} · ${progress.message}` : words;
  }
  const outer = [progress, ...progress.inner.slice(0, -1)];
  return [...outer.map((loop) => labelled(loop, presentStep(loop))), labelled(last, last.done)].join(' · ');
}

const sinceSaid = ({ at }: Progress, now: number): number => Math.max(0, now - Date.parse(at ?? '') / 1000);

/** Whether it has said nothing for so long that its pace says nothing about this moment. */
export function paused(progress: Progress, now: number): boolean {
  if (!progress.at || !progress.rate) return false;
  const steps = [progress, ...progress.inner].flatMap(({ rate }) => (rate ? [PATIENT_STEPS / rate] : []));
  return sinceSaid(progress, now) > Math.max(LEAST_PATIENCE_SECONDS, Math.min(...steps));
}

/** Seconds left as of `now` (Unix seconds); undefined while nobody can tell. */
export function left(progress: Progress, now: number): number | undefined {
  if (progress.left_seconds === null || !progress.at || paused(progress, now)) return undefined;
  return Math.max(0, progress.left_seconds - sinceSaid(progress, now));
}

/** What is left, coarsely enough that it does not flicker: whole seconds, and tens of them above a minute. */
export function leftText(seconds: number): string {
  if (seconds < 59.5) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${duration(seconds < 3600 ? Math.round(seconds / 10) * 10 : seconds)}`;
}

/** The pace of the innermost loop that has one: "12.4 it/s", "3.2 s/it"; "" while nobody can tell. */
export function paceText(progress: Progress, now: number): string {
  if (paused(progress, now)) return '';
  const loop = [progress, ...progress.inner].findLast(({ rate }) => rate);
  return loop?.rate ? rateText(loop.rate, loop.unit) : '';
}

export function rateText(rate: number, unit: string): string {
  if (isBytes(unit)) return `${size(rate)}/s`;
  return rate >= 1 ? `${number(Number(rate.toPrecision(3)))} ${unit}/s` : `${duration(1 / rate)}/${unit}`;
}
