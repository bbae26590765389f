import { watchConsole } from './console.js';
import { equal, suite } from './suite.mjs';

// A console that keeps what is written, and what the host is told of it.
function setUp(tell = () => {}) {
  const written = [];
  const told = [];
  const console = {};
  for (const name of ['debug', 'log', 'info', 'warn', 'error']) console[name] = (...args) => written.push([name, ...args]);
  const own = { ...console };
  const state = { stopped: false };
  const page = {
    console,
    whenUncaught(then) {
      state.fail = then;
      return () => (state.stopped = true);
    },
  };
  const watcher = watchConsole(page, (...line) => {
    told.push(line);
    tell(console);
  });
  return { watcher, written, told, console, own, state };
}

export const run = await suite({
  'an unwatched console is left alone'() {
    const { watcher, console, own } = setUp();
    watcher.watch(false);
    for (const name of Object.keys(own)) equal(console[name] === own[name], true);
  },

  'each line is told with its level and still written'() {
    const { watcher, written, told, console } = setUp();
    watcher.watch(true);
    console.log('a', 1);
    console.warn(null, undefined);
    console.error(Symbol('s'));
    console.debug({ toString() { throw new Error('no'); } });
    equal(told.map(([level, message]) => [level, message]), [
      ['info', 'a 1'],
      ['warning', 'null undefined'],
      ['error', 'Symbol(s)'],
      ['debug', '[object Object]'],
    ]);
    equal(written.length, 4);
    equal(written[0], ['log', 'a', 1]);
  },

  'a line says where it was written'() {
    const { watcher, told, console } = setUp();
    watcher.watch(true);
    const line = Number(/console\.test\.mjs(?:\?[^:]*)?:(\d+)/.exec(new Error().stack)[1]) + 1;
    console.log('here');
    const [, , said, source] = told[0];
    equal([said, source.includes('console.test.mjs')], [line, true]);
  },

  'an error is told with its message and its stack once'() {
    const { watcher, told, console } = setUp();
    watcher.watch(true);
    console.error(new TypeError('mine'));
    const message = told[0][1];
    equal([message.startsWith('TypeError: mine\n'), message.split('mine').length], [true, 2]);
  },

  'what nobody caught is told until it is no longer watched'() {
    const { watcher, told, console, own, state } = setUp();
    watcher.watch(true);
    watcher.watch(true);
    state.fail('Uncaught Error: x', 3, 'http://h/a.js');
    watcher.watch(false);
    equal(told, [['error', 'Uncaught Error: x', 3, 'http://h/a.js']]);
    equal([state.stopped, console.log === own.log], [true, true]);
  },

  'what is logged while a line is told is not told'() {
    const { watcher, told, written, console } = setUp((console) => console.log('of the teller'));
    watcher.watch(true);
    console.log('of the page');
    equal(told.length, 1);
    equal(written.length, 2);
  },

  'a line that can not be told is written with a word about it'() {
    const { watcher, written, console } = setUp(() => { throw new Error('full'); });
    watcher.watch(true);
    console.log('x');
    equal(written, [['warn', 'exciton: the host is not told of this line (Error: full)'], ['log', 'x']]);
  },
});
