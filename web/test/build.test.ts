import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';

const dist = join(import.meta.dirname, '../../src/flasklab/static/dist');
const built = existsSync(join(dist, 'manifest.json'));

interface Chunk {
  file: string;
  imports?: string[];
}

/** Bytes on the wire of an entry with everything it imports. */
function weight(entries: string[]): number {
  const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
  const files = new Set<string>();
  const walk = (name: string): void => {
    const chunk = manifest[name];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    chunk.imports?.forEach(walk);
  };
  entries.forEach(walk);
  return [...files].reduce((sum, file) => sum + sizeOf(file), 0);
}

function sizeOf(file: string): number {
  const packed = join(dist, `${file}.br`);
  return statSync(existsSync(packed) ? packed : join(dist, file)).size;
}

test('the lockfile names no registry', () => {
  expect(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')).not.toContain('"resolved"');
});

// Sizes are known only after a build; `make test` builds first.
test.runIf(built)('pages stay within their budget of compressed bytes', () => {
  const styles = readdirSync(dist).filter((name) => name.endsWith('.css'));
  expect(weight(['src/app.ts'])).toBeLessThan(16 * 1024);
  expect(weight(['src/app.ts', 'src/form.ts'])).toBeLessThan(45 * 1024);
  expect(weight(['src/app.ts', 'src/run.ts'])).toBeLessThan(45 * 1024);
  expect(weight(['src/app.ts', 'src/compare.ts'])).toBeLessThan(45 * 1024);
  expect(styles.reduce((sum, name) => sum + sizeOf(name), 0)).toBeLessThan(12 * 1024);
});

test.runIf(built)('compressed files hold exactly what the plain ones do', () => {
  const packed = readdirSync(dist).filter((name) => name.endsWith('.br'));
  expect(packed.length).toBeGreaterThan(3);
  for (const name of packed) {
    const plain = readFileSync(join(dist, name.slice(0, -'.br'.length)));
    expect(brotliDecompressSync(readFileSync(join(dist, name))).equals(plain)).toBe(true);
  }
});
