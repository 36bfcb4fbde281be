/** The log of a run's page: follows its end, finds text and errors, leads to any line. */

import { all, make, one, setText } from '../dom';
import { size } from '../format';
import { Finder } from './log_find';
import { numberOf, paintAll } from './log_line';
import { mark } from './log_marks';
import { lineOf, type LogPart } from './log_rows';
import { LogSource } from './log_source';
import { LogView } from './log_view';

const TYPING_MS = 200;
const SETTINGS = 'flasklab-log'; // what somebody chose stays for the next log

interface Settings {
  wrap: boolean;
  times: string;
}

export class Log {
  private readonly card: HTMLElement;
  private readonly view: LogView;
  private readonly found: Finder;
  private readonly errors: Finder;
  private readonly box: HTMLInputElement | null;
  private readonly field: HTMLInputElement | null;
  private readonly more: HTMLButtonElement;
  private here = 0; // the line that was jumped to last
  private wanted = '';
  private exact = false;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private drawing = 0;

  constructor(
    private readonly place: HTMLElement,
    private end: number,
  ) {
    this.card = place.closest<HTMLElement>('[data-log-card]') ?? place;
    const source = new LogSource(this.card.dataset.log ?? '');
    this.view = new LogView(place, source, () => Date.parse(one('#run')?.dataset.started ?? '') / 1000);
    this.found = new Finder(source, () => this.showFound());
    this.errors = new Finder(source, () => this.showErrors());
    this.box = one<HTMLInputElement>('[data-follow] input', this.card);
    this.field = one<HTMLInputElement>('[data-log-find]', this.card);
    this.more = make('button', { type: 'button', class: 'btn small log-more', hidden: '' });
    this.more.addEventListener('click', () => void this.view.toEnd());
    place.after(this.more);
    paintAll(place);
    one('[data-log-part]', this.card)?.remove(); // the rest is a scroll away now
    this.listen();
    this.restore();
    void this.view.toEnd();
    this.view.onChange(() => this.drawSoon());
    void this.errors.start({ errors: 1 });
    this.visit();
  }

  add(part: LogPart): void {
    const isNew = part.end !== this.end;
    this.end = part.end;
    setText(one('[data-stat="log-size"]'), size(part.size));
    this.view.add(part, this.follows);
    if (isNew && !this.follows) {
      this.more.hidden = this.view.isAtEnd;
      setText(this.more, 'New lines ↓');
    }
    if (isNew) {
      void this.found.goOn();
      void this.errors.goOn();
    }
    this.drawSoon();
  }

  /** Nothing more comes. */
  finish(): void {
    const label = one('[data-follow]', this.card);
    if (label) label.hidden = true;
    if (!this.place.hasChildNodes()) this.place.dataset.empty = 'It wrote nothing.';
  }

  private get follows(): boolean {
    return this.box?.checked ?? this.view.isAtEnd;
  }

  private follow(): void {
    if (this.follows) void this.view.toEnd();
  }

  private listen(): void {
    this.box?.addEventListener('change', () => this.follow());
    this.place.addEventListener('scroll', () => this.noticeScroll(), { passive: true });
    this.place.addEventListener('click', (event) => this.chooseLine(event));
    this.place.addEventListener('keydown', (event) => this.key(event));
    addEventListener('hashchange', () => this.visit());
    addEventListener('keydown', (event) => {
      if (event.key !== 'F3' || !this.wanted) return;
      event.preventDefault();
      this.step(this.found, event.shiftKey ? -1 : 1);
    });
    this.field?.addEventListener('input', () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => void this.search(), TYPING_MS);
    });
    this.field?.addEventListener('keydown', (event) => this.fieldKey(event));
    const exact = one('[data-log-case]', this.card);
    exact?.addEventListener('click', () => {
      this.exact = !this.exact;
      exact.setAttribute('aria-pressed', String(this.exact));
      void this.search(true);
    });
    for (const button of all('[data-log-step]', this.card))
      button.addEventListener('click', () => this.step(this.found, button.dataset.logStep === '1' ? 1 : -1));
    for (const button of all('[data-log-error]', this.card))
      button.addEventListener('click', () => this.stepError(Number(button.dataset.logError)));
    const stream = one<HTMLSelectElement>('[data-log-stream]', this.card);
    stream?.addEventListener('change', () => void this.view.show(stream.value));
    for (const control of all<HTMLInputElement>('[data-log-wrap], [data-log-times]', this.card))
      control.addEventListener('change', () => this.set());
  }

  // What is looked for

  private async search(again = false): Promise<void> {
    const wanted = this.field?.value ?? '';
    if (wanted === this.wanted && !again) return;
    this.wanted = wanted;
    this.here = this.view.top - 1;
    const searched = this.found.start(wanted ? { q: wanted, case: Number(this.exact) } : {});
    this.drawSoon();
    await searched;
    if (wanted === this.wanted && this.here < this.view.top && this.found.lines.length) this.step(this.found, 1);
  }

  private fieldKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      event.preventDefault();
      clearTimeout(this.typing);
      if (this.field?.value !== this.wanted) void this.search();
      else this.step(this.found, event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape' && this.field) {
      this.field.value = '';
      void this.search();
      this.place.focus();
    }
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Home') void this.view.jump(1, 'start');
    else if (event.key === 'End') void this.view.toEnd();
    else if (event.key === 'e' || event.key === 'E') this.step(this.errors, event.key === 'e' ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private step(finder: Finder, by: 1 | -1): void {
    const line = finder.next(this.here || this.view.top - 1, by);
    if (line !== undefined) void this.go(line);
  }

  private stepError(by: number): void {
    const first = this.errors.lines[0];
    if (by) this.step(this.errors, by > 0 ? 1 : -1);
    else if (first !== undefined) void this.go(first);
  }

  private async go(line: number): Promise<void> {
    if (this.box) this.box.checked = false;
    this.here = line;
    if (this.view.stream) {
      const stream = one<HTMLSelectElement>('[data-log-stream]', this.card);
      if (stream) stream.value = '';
      await this.view.show('');
    }
    await this.view.jump(line);
    this.draw();
  }

  private showFound(): void {
    const at = this.found.lines.indexOf(this.here) + 1;
    const { count } = this.found;
    const words = !this.wanted ? '' : count === '0' ? 'No match' : count === '0+' ? 'Searching' : at ? `${at} of ${count}` : count;
    setText(one('[data-log-found]', this.card), words);
    for (const button of all<HTMLButtonElement>('[data-log-step]', this.card)) button.disabled = !this.found.lines.length;
  }

  private showErrors(): void {
    const place = one('[data-log-errors]', this.card);
    const { count, lines } = this.errors;
    if (!place) return;
    place.hidden = !lines.length;
    const at = lines.indexOf(this.here) + 1;
    const words = count === '1' ? 'error' : 'errors';
    const button = one('[data-log-error="0"]', place);
    setText(button, at ? `Error ${at} of ${count}` : `${count} ${words}`);
    button?.setAttribute('title', 'To the first error');
  }

  // Lines

  private chooseLine(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a.no');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(history.state, '', link.hash);
    this.here = lineOf(link.hash) ?? 0;
    this.draw();
  }

  /** Goes to the line that the address names. */
  private visit(): void {
    const line = lineOf(location.hash);
    if (line) void this.go(line);
  }

  private noticeScroll(): void {
    if (this.view.isAtEnd) this.more.hidden = true;
    if (this.box) this.box.checked = this.view.isAtEnd;
  }

  private drawSoon(): void {
    this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.drawing);
    this.drawing = 0;
    const rows = this.view.rows;
    mark(rows, this.wanted, this.exact);
    for (const row of rows) row.classList.toggle('here', numberOf(row) === this.here);
    if (one<HTMLSelectElement>('[data-log-times]', this.card)?.value === 'clock') this.clocks();
    this.showFound();
    this.showErrors();
  }

  // What somebody chose

  private set(): void {
    const wrap = one<HTMLInputElement>('[data-log-wrap]', this.card)?.checked ?? true;
    const times = one<HTMLSelectElement>('[data-log-times]', this.card)?.value ?? '';
    this.place.classList.toggle('unwrapped', !wrap);
    this.place.classList.toggle('times', times === 'since');
    this.place.classList.toggle('clocks', times === 'clock');
    try {
      localStorage.setItem(SETTINGS, JSON.stringify({ wrap, times } satisfies Settings));
    } catch {
      // A browser that keeps nothing.
    }
    this.draw();
  }

  private restore(): void {
    try {
      const { wrap, times } = JSON.parse(localStorage.getItem(SETTINGS) ?? 'null') as Settings;
      const box = one<HTMLInputElement>('[data-log-wrap]', this.card);
      const choice = one<HTMLSelectElement>('[data-log-times]', this.card);
      if (box) box.checked = wrap;
      if (choice) choice.value = times;
      this.set();
    } catch {
      // Nothing was chosen yet.
    }
  }

  private clocks(): void {
    for (const line of all('.ln[data-t]:not([data-clock])', this.place)) {
      const moment = new Date(Number(line.dataset.t) * 1000);
      const time = line.querySelector<HTMLElement>('.at');
      const thousandths = String(moment.getMilliseconds()).padStart(3, '0');
      if (time) time.dataset.clock = `${moment.toLocaleTimeString('en-GB')}.${thousandths}`;
      line.dataset.clock = '';
    }
  }
}
