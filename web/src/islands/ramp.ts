/** A sequential ramp from blue to sand that colour-blind readers can follow, after cividis (Nuñez et al. 2018). */

const STOPS: [number, number, number][] = [
  [0, 34, 78],
  [42, 63, 109],
  [87, 93, 109],
  [124, 123, 120],
  [165, 156, 116],
  [210, 192, 96],
  [254, 232, 56],
];

/** The colour at `share` (0 to 1) as red, green, blue, alpha; transparent for what is no number. */
export function ramp(share: number): [number, number, number, number] {
  if (!Number.isFinite(share)) return [0, 0, 0, 0];
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const from = STOPS[Math.floor(at)] as [number, number, number];
  const to = STOPS[Math.ceil(at)] as [number, number, number];
  const part = at - Math.floor(at);
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + part * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2), 255];
}
