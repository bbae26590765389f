import { makeRequire } from './electron.js';
import { EventEmitter } from './emitter.js';
import { preloadModules, runPreload } from './preload.js';
import { hasRequire } from './preferences.js';
import { createProcess } from './process.js';
import { equal, suite, thrown } from './suite.mjs';

const CHROMIUM = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.1.2 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0';
const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15';

function process(userAgent = CHROMIUM) {
  return createProcess({ contextIsolation: true }, userAgent, '1.2.3');
}

// Runs a body as a preload script and returns the errors it ended with.
function run1(body, own = process()) {
  const errors = [];
  const electron = { name: 'electron' };
  const script = (proc, global, setImmediate, clearImmediate) =>
    function (exports, require, module, __filename, __dirname) {
      body({ self: this, proc, global, setImmediate, clearImmediate, exports, require, module, __filename, __dirname });
    };
  runPreload(script, '/ui/preload.js', makeRequire(electron, preloadModules(EventEmitter)), own, (error) => errors.push(error));
  return errors;
}

export const run = await suite({
  'a script has what Node gives a module, and what a sandboxed one has besides'() {
    let given;
    const own = process();
    equal(run1((all) => (given = all), own), []);
    equal([given.__filename, given.__dirname], ['/ui/preload.js', '/ui']);
    equal([given.module.exports === given.exports, given.global === globalThis, given.proc === own], [true, true, true]);
    equal(given.require('electron').name, 'electron');
    const { EventEmitter } = given.require('node:events');
    equal([given.require('events') === EventEmitter, new EventEmitter().listenerCount('a')], [true, 0]);
    equal([given.require('url').URL === URL, given.require('timers').setTimeout === setTimeout], [true, true]);
    equal(thrown(() => given.require('fs')).message, "Cannot find module 'fs'");
    equal(thrown(() => given.require('toString')).code, 'MODULE_NOT_FOUND');
  },

  async 'setImmediate runs later, with its arguments'() {
    const got = await new Promise((resolve) => {
      run1(({ setImmediate, clearImmediate }) => {
        clearImmediate(setImmediate(() => resolve('cleared')));
        setImmediate((...args) => resolve(args), 1, 2);
      });
    });
    equal(got, [1, 2]);
  },

  'the folder of a script at the top is the top'() {
    let folder;
    const script = () => (exports, require, module, __filename, __dirname) => (folder = __dirname);
    runPreload(script, '/preload.js', null, process(), null);
    equal(folder, '/');
  },

  'what a script throws ends it alone, and its process still says that it is loaded'() {
    let loaded = 0;
    const own = process();
    const errors = run1(({ proc }) => {
      proc.once('loaded', () => (loaded += 1));
      throw new RangeError('mine');
    }, own);
    equal([errors.map(String), loaded], [['RangeError: mine'], 1]);
  },

  'process says what a browser can say'() {
    const own = process();
    equal([own.type, own.contextIsolated, own.sandboxed, own.isMainFrame], ['renderer', true, true, true]);
    equal([own.argv, own.env], [[], {}]);
    equal(own.versions, { electron: '1.2.3', exciton: '1.2.3', chrome: '140.0.1.2' });
    equal(process(FIREFOX).versions, { electron: '1.2.3', exciton: '1.2.3', firefox: '143.0' });
    equal(process(SAFARI).versions, { electron: '1.2.3', exciton: '1.2.3', webkit: '605.1.15' });
    equal([CHROMIUM, FIREFOX, SAFARI].map((agent) => process(agent).platform), ['linux', 'win32', 'darwin']);
  },

  async 'nextTick is a microtask'() {
    const order = [];
    process().nextTick((value) => order.push(value), 'tick');
    order.push('now');
    await null;
    equal(order, ['now', 'tick']);
  },

  'a page has require where Electron would give it, and where no preload script is'() {
    const rows = [
      [{}, true],
      [{ preload: 1 }, false],
      [{ preload: 1, nodeIntegration: true }, true],
      [{ preload: 1, nodeIntegration: true, contextIsolation: true }, false],
      [{ nodeIntegration: false }, false],
      [{ nodeIntegration: true }, true],
      [{ contextIsolation: true }, false],
    ];
    for (const [row, expected] of rows) {
      equal(hasRequire({ contextIsolation: false, nodeIntegration: null, preload: null, ...row }), expected);
    }
  },
});
