// All tests of this folder, for a page: await run() gives {passed, failures: [text]}.

const FILES = [
  'attend',
  'clone',
  'clone_builtin',
  'connection',
  'console',
  'context_bridge',
  'direct',
  'emitter',
  'execution',
  'frames',
  'inbound',
  'ipc_renderer',
  'laid',
  'link',
  'message_ports',
  'preload',
  'put',
  'send_to_host',
  'vectors',
  'window',
];

export async function run() {
  const all = { passed: 0, failures: [] };
  for (const file of FILES) {
    const tests = await import(`./${file}.test.mjs`);
    const { passed, failures } = await tests.run();
    all.passed += passed;
    all.failures.push(...failures.map((text) => `${file}: ${text}`));
  }
  return all;
}
