/** A start as code; the same texts as the server's `copies.py` writes. */

import type { FieldValue } from './values';

const WAIT_SECONDS = 60;

/** A word as a POSIX shell reads it back. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;

type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/** A value as a Python literal. */
export function literal(value: Plain): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') {
    const quoted = JSON.stringify(value);
    return value.includes("'") ? quoted : `'${quoted.slice(1, -1).replaceAll('\\"', '"')}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${literal(key)}: ${literal(item)}`)
    .join(', ')}}`;
}

/** The JSON value that a field's texts stand for. */
export function plain(value: FieldValue): Plain {
  const text = value.texts.join('\n');
  const numeric = text.trim() !== '' && Number.isFinite(Number(text));
  switch (value.kind) {
    case 'boolean':
      return text === '' ? null : text === 'true';
    case 'integer':
    case 'number':
      return text === '' ? null : numeric ? Number(text) : text;
    case 'decimal': // as text, which keeps every digit
      return text === '' ? null : text;
    case 'choices':
      return value.texts;
    case 'list':
      return value.texts.map((line) => (line.trim() !== '' && Number.isFinite(Number(line)) ? Number(line) : line));
    case 'objects':
      return items(text) ?? value.texts.map(parsed);
    case 'json':
    case 'object':
      return parsed(text);
    default:
      return text;
  }
}

function parsed(text: string): Plain {
  try {
    return JSON.parse(text) as Plain;
  } catch {
    return text;
  }
}

/** The items of a list that is written as JSON as a whole, over however many lines. */
function items(text: string): Plain[] | undefined {
  const found = parsed(text);
  if (Array.isArray(found)) return found;
  return found !== null && typeof found === 'object' ? [found] : undefined;
}

export interface Copies {
  curl: string;
  python: string;
  command: string;
}

/** A start with these values, in three languages. */
export function copies(url: string, name: string, values: FieldValue[]): Copies {
  const given = values.filter((value) => value.file === undefined);
  const files = values.filter((value) => value.file !== undefined).map((value) => [value.name, value.file ?? ''] as const);
  const pairs = given.flatMap((value) => pairsOf(value).map((text) => [value.name, text] as const));
  const sent = files.length ? '--form-string' : '-d';
  const curl = ['curl'];
  for (const [key, text] of pairs) curl.push(files.length || safe(text) ? sent : '--data-urlencode', quote(`${key}=${text}`));
  for (const [key, file] of files) curl.push('-F', quote(`${key}=@${file}`));
  if (curl.length === 1) curl.push('-X', 'POST');
  curl.push(quote(`${url}?wait=${WAIT_SECONDS}`));
  const command = ['flasklab', 'run', quote(name)];
  for (const [key, text] of pairs) command.push('-p', quote(`${key}=${text}`));
  for (const [key, file] of files) command.push('--file', quote(`${key}=@${file}`));
  return { curl: curl.join(' '), python: python(url, given, files), command: command.join(' ') };
}

const safe = (text: string): boolean => /^[\w,.:/-]*$/.test(text);

const pairsOf = (value: FieldValue): string[] =>
  value.kind === 'objects'
    ? (plain(value) as Plain[]).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
    : value.kind === 'choices' || value.kind === 'list'
      ? value.texts
      : [value.texts.join('\n')];

function python(url: string, given: FieldValue[], files: (readonly [string, string])[]): string {
  const body = nested(given);
  const lines = ['import requests', '', 'run = requests.post(', `    ${literal(url)},`, `    params={"wait": ${WAIT_SECONDS}},`];
  if (files.length) {
    if (given.length) lines.push(`    data=${literal(body)},`);
    lines.push(`    files={${files.map(([key, file]) => `${literal(key)}: open(${literal(file)}, 'rb')`).join(', ')}},`);
  } else lines.push(`    json=${literal(body)},`);
  return [...lines, ').json()', 'print(run["state"], run["output"])'].join('\n');
}

function nested(values: FieldValue[]): { [key: string]: Plain } {
  const root: { [key: string]: Plain } = {};
  for (const value of values) {
    const path = value.name.split('.');
    let inner = root;
    for (const part of path.slice(0, -1)) inner = (inner[part] ??= {}) as { [key: string]: Plain };
    inner[path.at(-1) ?? ''] = plain(value);
  }
  return root;
}
