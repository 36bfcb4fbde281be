/** What a form's fields say now, as the texts that would be sent. */

export interface FieldValue {
  name: string;
  kind: string;
  label: string;
  texts: string[];
  default: string | undefined; // undefined: it has none
  file: string | undefined; // name of a chosen or kept file
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
    label: field.querySelector('.label span, label.label')?.textContent?.trim() ?? '',
    texts: fixed ? [] : texts(field),
    default: field.dataset.default,
    file: fixed ? fileName(field) : undefined,
  };
}

function fileName(field: HTMLElement): string | undefined {
  const chosen = field.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0]?.name;
  if (chosen) return chosen;
  const kept = field.querySelector<HTMLInputElement>('input[type=hidden]')?.value;
  return kept ? (JSON.parse(kept) as { file: string }).file : undefined;
}

/** Whether a field says something else than its default; numbers are compared as numbers. */
export function differs(value: FieldValue): boolean {
  if (value.default === undefined) return value.texts.length > 0 || value.file !== undefined;
  const now = value.texts.join('\n');
  if (now === value.default) return false;
  const numeric = value.kind === 'number' || value.kind === 'integer';
  return !(numeric && now !== '' && value.default !== '' && Number(now) === Number(value.default));
}
