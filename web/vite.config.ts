import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin, type UserConfig, type UserConfigFnObject } from 'vite';

/** Smaller files gain nothing from compression. */
const LEAST_BYTES = 700;

/** Writes .br and .gz beside every text file, so that any WSGI server sends few bytes at no cost. */
const precompress = (): Plugin => ({
  name: 'precompress',
  apply: 'build',
  // From the written files: other plugins still change the bundle's code while it is generated.
  writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle)) {
      if (!/\.(js|css|svg)$/.test(name)) continue;
      const source = readFileSync(join(dir, name));
      if (source.length < LEAST_BYTES) continue;
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
      writeFileSync(join(dir, `${name}.br`), brotliCompressSync(source, quality));
      writeFileSync(join(dir, `${name}.gz`), gzipSync(source, { level: 9 }));
    }
  },
});

/** Names the packages whose code is in the bundle, for their licences to be packed with it. */
const packages = (): Plugin => ({
  name: 'packages',
  apply: 'build',
  writeBundle({ dir = '' }, bundle) {
    const ids = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    const names = ids.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
    writeFileSync(join(dir, 'packages.json'), JSON.stringify([...new Set(names)].sort()));
  },
});

/** The pages' scripts and stylesheets. */
const pages: UserConfig = {
  base: './', // the lab may be mounted under any prefix
  build: {
    outDir: '../src/flasklab/static/dist',
    assetsDir: '',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // light-dark() is native in these
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content security policy refuses data: fonts
    rolldownOptions: { input: { app: 'src/app.ts', compare: 'src/compare.ts', form: 'src/form.ts', run: 'src/run.ts' } },
  },
  plugins: [precompress()],
};

/** Vega-Lite for the frames of its charts: one classic script, as a frame without an origin loads no modules. */
const vega: UserConfig = {
  build: {
    outDir: '../src/flasklab/static/dist/vega',
    assetsDir: '',
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    chunkSizeWarningLimit: 1000, // kB
    rolldownOptions: {
      input: 'src/vega.ts',
      preserveEntrySignatures: 'strict',
      output: { format: 'iife', name: 'FlasklabVega', entryFileNames: 'vega-[hash].js' },
    },
  },
  plugins: [precompress(), packages()],
};

export default defineConfig(({ mode }) => ({
  ...(mode === 'vega' ? vega : pages),
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
})) as UserConfigFnObject;
