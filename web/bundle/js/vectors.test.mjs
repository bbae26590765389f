import { suite } from './suite.mjs';
import { run as vectors } from './vectors.mjs';

// The file from the disk, or from beside the tests' page.
async function values() {
  const url = new URL('../../../protocol/vectors/values.json', import.meta.url);
  if (url.protocol !== 'file:') return (await fetch(url)).json();
  const { readFile } = await import('node:fs/promises');
  return JSON.parse(await readFile(url, 'utf8'));
}

export const run = await suite({
  async 'JavaScript reads and writes every golden vector'() {
    const { passed, failures } = vectors(await values());
    if (failures.length > 0) throw new Error(failures.join('\n'));
    if (passed < 150) throw new Error(`only ${passed} rows`);
  },
});
