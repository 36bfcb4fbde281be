/** A slider beside a bounded number; each follows the other. */

import { all } from '../dom';

/** Positions of a logarithmic slider. */
const LOG_STEPS = 1000;
const LOG_DIGITS = 3;

/** Where a value lies on a logarithmic slider from `low` to `high`. */
export const toLog = (value: number, low: number, high: number): number =>
  Math.round((LOG_STEPS * Math.log(value / low)) / Math.log(high / low));

/** The value at a position of a logarithmic slider, with few digits; the ends are exact. */
export function fromLog(position: number, low: number, high: number): number {
  if (position <= 0) return low;
  if (position >= LOG_STEPS) return high;
  return Number((low * (high / low) ** (position / LOG_STEPS)).toPrecision(LOG_DIGITS));
}

export function linkSliders(form: HTMLFormElement): void {
  for (const slider of all<HTMLInputElement>('input.slider[data-for]', form)) {
    const input = document.getElementById(slider.dataset.for ?? '') as HTMLInputElement | null;
    if (input) link(slider, input);
  }
}

function link(slider: HTMLInputElement, input: HTMLInputElement): void {
  const low = Number(slider.min);
  const high = Number(slider.max);
  const log = 'log' in slider.dataset;
  const whole = input.step === '1';
  if (log) Object.assign(slider, { min: '0', max: String(LOG_STEPS), step: '1' });
  const follow = (): void => {
    const value = Number(input.value);
    if (input.value !== '' && Number.isFinite(value)) slider.value = String(log ? toLog(value, low, high) : value);
  };
  slider.addEventListener('input', (event) => {
    event.stopPropagation();
    const value = log ? fromLog(Number(slider.value), low, high) : Number(slider.value);
    input.value = String(whole ? Math.round(value) : value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  input.addEventListener('input', follow);
  follow();
}
