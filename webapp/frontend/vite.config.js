import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';
import { licences } from './licences.js';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

// The built bundle is committed, so the output must not depend on the machine: no source maps, no inlined assets,
// names by content.  `manifest.json` tells the server which file belongs to which entry.
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [licences(Object.keys(dependencies))],
  build: {
    outDir: '../static/dist',
    emptyOutDir: true,
    assetsDir: '.',
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    sourcemap: false,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: {
      input: { kit: 'src/kit.css', page: 'src/page.js', work: 'src/work.js', viewer: 'src/viewer.js' }
    }
  }
});
