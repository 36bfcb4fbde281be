import { expect, test } from 'vitest';
import { copies, literal, quote } from '../src/form/copies';
import { isAccepted } from '../src/form/drop';
import { fromLog, toLog } from '../src/form/sliders';
import { differs, standIn, type FieldValue } from '../src/form/values';

const field = (name: string, kind: string, texts: string[], rest: Partial<FieldValue> = {}): FieldValue => ({
  name,
  kind,
  label: name,
  texts,
  default: undefined,
  file: undefined,
  missing: undefined,
  ...rest,
});

test('another spelling of the default is no change', () => {
  expect(differs(field('lr', 'number', ['1e-3'], { default: '0.001' }))).toBe(false);
  expect(differs(field('at', 'datetime', ['2026-11-23T08:00'], { default: '2026-11-23T08:00:00' }))).toBe(false);
  expect(differs(field('extra', 'json', ['{', '"a": 1', '}'], { default: '{"a":1}' }))).toBe(false);
  expect(differs(field('lr', 'number', ['0.01'], { default: '0.001' }))).toBe(true);
  expect(differs(field('limit', 'integer', [], { default: '5' }))).toBe(true);
});

test('a field without a default is changed as soon as it says something', () => {
  expect(differs(field('data', 'table', []))).toBe(false);
  expect(differs(field('data', 'table', [], { file: 'a.csv' }))).toBe(true);
});

test('a start reads the same in a shell, in Python and for the command', () => {
  const values = [
    field('lr', 'number', ['0.1']),
    field('title', 'text', ["Ada's run"]),
    field('tags', 'choices', ['a', 'b']),
    field('optimizer.momentum', 'number', ['0.9']),
    field('shuffle', 'boolean', ['false']),
  ];
  const found = copies('http://lab/run/train', 'train', values);
  expect(found.curl).toBe(
    `curl -d lr=0.1 --data-urlencode 'title=Ada'"'"'s run' -d tags=a -d tags=b -d optimizer.momentum=0.9 ` +
      `-d shuffle=false 'http://lab/run/train?wait=60'`,
  );
  expect(found.command).toContain(`flasklab run train -p lr=0.1 -p 'title=Ada'"'"'s run' -p tags=a -p tags=b`);
  expect(found.python).toContain(
    `json={'lr': 0.1, 'title': "Ada's run", 'tags': ['a', 'b'], 'optimizer': {'momentum': 0.9}, 'shuffle': False},`,
  );
});

test('objects in a list are sent one by one, over however many lines they are written', () => {
  const lines = field('layers', 'objects', ['{"width": 3}', '{"width": 4}'], { default: '{"width":3}\n{"width":4}' });
  expect(differs(lines)).toBe(false);
  const found = copies('http://lab/run/x', 'x', [lines]);
  expect(found.command).toBe(`flasklab run x -p 'layers={"width":3}' -p 'layers={"width":4}'`);
  expect(found.python).toContain(`json={'layers': [{'width': 3}, {'width': 4}]},`);
  const single = copies('http://lab/run/x', 'x', [field('layers', 'objects', ['{', '"width": 3', '}'])]);
  expect(single.command).toBe(`flasklab run x -p 'layers={"width":3}'`);
  const broken = copies('http://lab/run/x', 'x', [field('layers', 'objects', ['{"width"'])]);
  expect(broken.command).toBe(`flasklab run x -p 'layers={"width"'`);
});

test('a decimal number keeps every digit', () => {
  const price = field('price', 'decimal', ['0.1234567890123456789']);
  expect(copies('http://lab/run/x', 'x', [price]).python).toContain(`json={'price': '0.1234567890123456789'},`);
});

test('a start with a file is multipart', () => {
  const found = copies('http://lab/run/x', 'x', [field('data', 'table', [], { file: 'my data.csv' })]);
  expect(found.curl).toBe(`curl -F 'data=@my data.csv' 'http://lab/run/x?wait=60'`);
  expect(found.python).toContain(`files={'data': open('my data.csv', 'rb')},`);
  expect(found.command).toBe(`flasklab run x --file 'data=@my data.csv'`);
});

test('a file that is not chosen yet has a name that stands for it', () => {
  expect(standIn('table', '.csv,.parquet')).toBe('table.csv');
  expect(standIn('data.photo', '')).toBe('photo');
});

test('a start with defaults only is still a POST', () => {
  expect(copies('http://lab/run/x', 'x', []).curl).toBe(`curl -X POST 'http://lab/run/x?wait=60'`);
});

test('texts are quoted for the shell and for Python', () => {
  expect(quote('a=b')).toBe('a=b');
  expect(quote('a b; rm')).toBe(`'a b; rm'`);
  expect(literal({ a: [null, true, 'x"y', "it's"] })).toBe(`{'a': [None, True, 'x"y', "it's"]}`);
});

test('a logarithmic slider reaches both ends exactly and goes back to where it was', () => {
  expect(fromLog(0, 1e-6, 1)).toBe(1e-6);
  expect(fromLog(1000, 1e-6, 1)).toBe(1);
  expect(fromLog(500, 1e-6, 1)).toBe(0.001);
  expect(toLog(0.001, 1e-6, 1)).toBe(500);
});

test('a dropped file must have one of the endings', () => {
  expect(isAccepted('Penguins.CSV', '.csv,.parquet')).toBe(true);
  expect(isAccepted('penguins.txt', '.csv,.parquet')).toBe(false);
  expect(isAccepted('anything', '')).toBe(true);
});
