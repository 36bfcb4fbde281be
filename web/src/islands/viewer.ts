/**
 * One picture as large as the window: fitted or pixel by pixel, the next and the one before by arrow keys, and two of them
 * compared under a divider.
 */

import { all, make, one } from '../dom';
import { framesAt } from './frames';
import { isTiny } from './gallery';
import { fresh } from './keys';

interface Seen {
  image: HTMLImageElement; // as it is on the page
  name: string;
  caption: string; // of a picture in a gallery, or the step
  url: string;
  save: string;
}

export function open(from: HTMLElement): void {
  new Viewer(from).show();
}

/** What can be looked at on the page, in its order. */
function pictures(): Seen[] {
  return all<HTMLImageElement>('.figure:not([hidden]) .look img').map((image) => {
    const card = image.closest<HTMLElement>('.figure');
    const step = card && one('.steps output', card)?.textContent;
    const several = image.dataset.save !== undefined;
    return {
      image,
      name: card?.getAttribute('aria-label') ?? '',
      caption: [several ? image.alt : '', step ? `step ${step}` : ''].filter(Boolean).join(' · '),
      url: image.src,
      save: image.dataset.save ?? (card && one<HTMLAnchorElement>('[data-file]', card)?.href) ?? image.src,
    };
  });
}

class Viewer {
  private readonly dialog = make('dialog', { class: 'viewer', 'aria-labelledby': 'viewer-name' });
  private readonly title = make('h2', { id: 'viewer-name', 'aria-live': 'polite' });
  private readonly about = make('span', { class: 'muted small num' });
  private readonly stage = make('div', { class: 'stage fit', tabindex: '0' });
  private readonly foot = make('footer');
  private readonly save = make('a', { class: 'btn small', download: '' }, 'Download');
  private readonly size = make('button', { class: 'btn small', type: 'button', 'aria-pressed': 'false', title: 'Key: 1' }, '100 %');
  private readonly other = make('select', { class: 'in small', 'aria-label': 'Compare with' });
  private readonly seen = pictures();
  private at: number;
  private share = 50;

  constructor(private readonly from: HTMLElement) {
    this.at = Math.max(0, this.seen.findIndex(({ image }) => from.contains(image)));
  }

  show(): void {
    const close = make('button', { class: 'btn small', type: 'button', 'aria-label': 'Close', title: 'Escape' }, '✕');
    const before = make('button', { class: 'btn small', type: 'button', 'aria-label': 'Previous picture' }, '←');
    const next = make('button', { class: 'btn small', type: 'button', 'aria-label': 'Next picture' }, '→');
    before.addEventListener('click', () => this.move(-1));
    next.addEventListener('click', () => this.move(1));
    close.addEventListener('click', () => this.dialog.close());
    this.size.addEventListener('click', () => this.zoom());
    this.other.addEventListener('change', () => this.draw());
    before.disabled = next.disabled = this.seen.length < 2;
    const tools = make('div', { class: 'end' }, this.other, this.size, this.save, before, next, close);
    this.dialog.append(make('header', {}, this.title, this.about, tools), this.stage, this.foot);
    this.dialog.addEventListener('keydown', (event) => this.key(event));
    this.dialog.addEventListener('close', () => {
      this.dialog.remove();
      this.from.focus();
    });
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.stage.focus();
    this.turn();
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation(); // the page's own keys rest meanwhile
    const typing = event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const scrolls = !this.stage.classList.contains('fit');
    if (event.key === 'ArrowRight' && !scrolls) this.move(1);
    else if (event.key === 'ArrowLeft' && !scrolls) this.move(-1);
    else if (event.key === '1') this.zoom();
    else return;
    event.preventDefault();
  }

  private move(by: number): void {
    this.at = (this.at + by + this.seen.length) % this.seen.length;
    this.turn();
  }

  private zoom(): void {
    const fit = this.stage.classList.toggle('fit');
    this.size.setAttribute('aria-pressed', String(!fit));
  }

  /** Another picture is looked at. */
  private turn(): void {
    const { name, caption, save } = this.seen[this.at] as Seen;
    this.title.textContent = name;
    this.about.textContent = [caption, `${this.at + 1} of ${this.seen.length}`].filter(Boolean).join(' · ');
    this.save.href = save;
    this.other.replaceChildren(make('option', { value: '' }, 'Compare with …'));
    void this.offer();
    this.draw();
  }

  /** What the picture can be compared with: itself at other steps, and the other pictures. */
  private async offer(): Promise<void> {
    const at = this.at;
    const { image, name } = this.seen[at] as Seen;
    const others = this.seen.flatMap((seen, index) =>
      index === at ? [] : [make('option', { value: seen.url }, [seen.name, seen.caption].filter(Boolean).join(' · '))],
    );
    const card = image.closest<HTMLElement>('.figure');
    const slider = card && one<HTMLInputElement>('[data-steps]', card);
    const frames = slider ? await framesAt(slider.dataset.steps ?? '').catch(() => []) : [];
    if (at !== this.at) return;
    const number = Math.max(0, all('.look img', card ?? document).indexOf(image));
    const steps = frames.flatMap((frame) => {
      const part = frame.parts[number];
      if (!part || new URL(fresh(part.url), location.href).href === image.src) return [];
      return [make('option', { value: fresh(part.url) }, `${name} · step ${frame.step ?? '–'}`)];
    });
    if (steps.length) this.other.append(make('optgroup', { label: 'Other steps' }, ...steps));
    if (others.length) this.other.append(make('optgroup', { label: 'Other pictures' }, ...others));
    this.other.hidden = !steps.length && !others.length;
  }

  private draw(): void {
    const { url, name, caption } = this.seen[this.at] as Seen;
    const first = picture(url, [name, caption].filter(Boolean).join(', '));
    const pair = make('div', { class: 'pair' }, first);
    this.foot.replaceChildren();
    if (this.other.value) {
      const words = this.other.selectedOptions[0]?.textContent ?? '';
      const second = picture(this.other.value, words);
      second.classList.add('second');
      const slide = make('input', { class: 'slide', type: 'range', min: '0', max: '100', 'aria-label': 'Divider between the two' });
      slide.value = String(this.share);
      const set = (): void => {
        this.share = Number(slide.value);
        pair.style.setProperty('--at', `${slide.value}%`);
      };
      slide.addEventListener('input', set);
      set();
      pair.append(second, slide, make('div', { class: 'divider' }));
      this.foot.append(make('span', {}, `← ${[name, caption].filter(Boolean).join(' · ')}`), make('span', {}, `${words} →`));
    }
    this.stage.replaceChildren(pair);
  }
}

function picture(url: string, alt: string): HTMLImageElement {
  const image = make('img', { src: url, alt });
  image.addEventListener('load', () => image.classList.toggle('tiny', isTiny(image)));
  return image;
}
