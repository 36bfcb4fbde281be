/** What a form's fields say now, as the texts that would be sent. */

export interface FieldValue {
  name: string;
  kind: string;
  label: string;
  texts: string[];
  default: string | undefined; // undefined: it has none
  file: string | undefined; // name of a chosen or kept file
  missing: string | undefined; // name that stands for a required file while none is chosen
}

/** The texts of one field, in the order of its controls. */
export function texts(field: HTMLElement): string[] {
  const name = field.dataset.field ?? '';
  const controls = [...field.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`)];
  if (field.dataset.control === 'check') return [String(Boolean(controls.at(-1)?.checked))];
  if (field.dataset.control === 'segments' || field.dataset.control === 'checks')
    return controls.filter((control) => control.checked).map((control) => control.value);
  if (field.dataset.control === 'textarea')
    return (controls[0]?.value ?? '').split('\n').filter((line, at, lines) => line !== '' || at < lines.length - 1);
  return controls.map((control) => control.value).filter((text) => text !== '');
}

export function read(field: HTMLElement): FieldValue {
  const fixed = field.dataset.control === 'file';
  return {
    name: field.dataset.field ?? '',
    kind: field.dataset.kind ?? 'text',
    label: (field.querySelector('.label > span') ?? field.querySelector('.label'))?.textContent?.trim() ?? '',
    texts: fixed ? [] : texts(field),
    default: field.dataset.default,
    file: fixed ? fileName(field) : undefined,
    missing: fixed ? missingName(field) : undefined,
  };
}

function missingName(field: HTMLElement): string | undefined {
  const input = field.querySelector<HTMLInputElement>('input[type=file][required]');
  return input && !input.files?.length ? standIn(field.dataset.field ?? '', input.accept) : undefined;
}

/** A file's name that stands for any: `table.csv`; the same as the server's `copies.py` writes. */
export const standIn = (name: string, accept: string): string =>
  `${name.split('.').at(-1)}${accept.split(',')[0]?.trim() ?? ''}`;

function fileName(field: HTMLElement): string | undefined {
  const chosen = field.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0]?.name;
  if (chosen) return chosen;
  const text = field.querySelector<HTMLInputElement>('input[type=hidden]')?.value;
  const kept = text ? (JSON.parse(text) as { file: string } | { file: string }[]) : undefined;
  return Array.isArray(kept) ? kept[0]?.file : kept?.file;
}

/** Whether a field says something else than its default, however the browser spells it. */
export function differs(value: FieldValue): boolean {
  if (value.default === undefined) return value.texts.length > 0 || value.file !== undefined;
  return spelled(value.texts.join('\n'), value.kind) !== spelled(value.default, value.kind);
}

/** One spelling for texts that mean the same: 0.10 and 0.1, 08:00:00 and 08:00. */
function spelled(text: string, kind: string): string {
  if ((kind === 'number' || kind === 'integer') && text.trim() !== '' && Number.isFinite(Number(text)))
    return String(Number(text));
  if (kind === 'json' || kind === 'object') return compact(text);
  if (kind === 'objects') return text.split('\n').map(compact).join('\n');
  return kind === 'time' || kind === 'datetime' ? text.replace(/(:\d\d):00(\.0+)?$/, '$1') : text;
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
