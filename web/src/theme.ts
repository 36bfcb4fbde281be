/** Light or dark: remembered in a cookie, which the server writes into the page, so that nothing flashes. */

const YEAR_SECONDS = 31_536_000;
const system = matchMedia('(prefers-color-scheme: dark)');

/** The event that says colours have changed. */
export const THEME = 'fl:theme';

export function toggleTheme(): void {
  const root = document.documentElement;
  const now = root.dataset.theme ?? (system.matches ? 'dark' : 'light');
  const next = now === 'dark' ? 'light' : 'dark';
  root.dataset.theme = next;
  document.cookie = `flasklab_theme=${next};path=/;max-age=${YEAR_SECONDS};samesite=lax`;
  dispatchEvent(new Event(THEME));
}

system.addEventListener('change', () => dispatchEvent(new Event(THEME)));

let probe: HTMLElement | undefined;

/** The colour a token stands for now; `light-dark()` is resolved only on a real property. */
export function color(token: string): string {
  if (!probe) {
    probe = document.createElement('i');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}
