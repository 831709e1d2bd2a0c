import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Vite plugin: writes LICENSES.txt, the licence of every package whose code the bundle carries. */
export function licences(direct) {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      const names = new Set(direct);
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.moduleIds ?? []) {
          const found = id.split('node_modules/').pop().match(/^(@[^/]+\/)?[^/]+/);
          if (id.includes('node_modules/') && found) names.add(found[0]);
        }
      }
      const source = [...names].sort().map(licence).join(`\n${'-'.repeat(78)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
    }
  };
}

function licence(name) {
  const folder = join('node_modules', name);
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : about.license;
  return `${name} ${about.version}\n\n${text.replace(/\r\n/g, '\n')}\n`;
}
