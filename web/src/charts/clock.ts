/** Seconds since the start as "0.5 s", "1:05" or "2:03:09". */
export function clock(seconds: number): string {
  if (Math.abs(seconds) < 60) return `${Number(seconds.toFixed(2))} s`;
  const whole = Math.round(seconds);
  const two = (part: number): string => String(part).padStart(2, '0');
  const minutes = `${Math.floor((whole % 3600) / 60)}:${two(whole % 60)}`;
  return whole < 3600 ? minutes : `${Math.floor(whole / 3600)}:${minutes.padStart(5, '0')}`;
}
