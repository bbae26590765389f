import { EventEmitter } from './emitter.js';
import { equal, suite, thrown } from './suite.mjs';

function recorder() {
  const emitter = new EventEmitter();
  const calls = [];
  const listener = (name) => (...args) => calls.push([name, ...args]);
  return { emitter, calls, listener };
}

export const run = await suite({
  'listeners are called in the order they were added, with all arguments'() {
    const { emitter, calls, listener } = recorder();
    equal(emitter.on('x', listener('a')) === emitter, true);
    emitter.addListener('x', listener('b'));
    emitter.prependListener('x', listener('c'));
    equal(emitter.emit('x', 1, 2), true);
    equal(calls, [['c', 1, 2], ['a', 1, 2], ['b', 1, 2]]);
    equal(emitter.emit('y'), false);
  },

  'a listener runs with the emitter as this'() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on('x', function () { seen.push(this === emitter); });
    emitter.once('x', function () { seen.push(this === emitter); });
    emitter.emit('x');
    equal(seen, [true, true]);
  },

  'a listener added twice is called twice, and off takes the last one only'() {
    const { emitter, calls, listener } = recorder();
    const [a, b] = [listener('a'), listener('b')];
    emitter.on('x', a).on('x', b).on('x', a);
    emitter.off('x', a);
    emitter.emit('x');
    equal(calls, [['a'], ['b']]);
  },

  'once calls once, even if it emits again itself'() {
    const { emitter, calls, listener } = recorder();
    emitter.once('x', () => {
      calls.push(['outer']);
      emitter.emit('x');
    });
    emitter.prependOnceListener('x', listener('first'));
    emitter.emit('x');
    emitter.emit('x');
    equal(calls, [['first'], ['outer']]);
    equal(emitter.eventNames(), []);
  },

  'off finds a listener that once has wrapped'() {
    const { emitter, calls, listener } = recorder();
    const a = listener('a');
    emitter.once('x', a);
    emitter.off('x', a);
    emitter.once('x', a);
    emitter.removeListener('x', emitter.rawListeners('x')[0]);
    emitter.emit('x');
    equal(calls, []);
  },

  'listeners unwraps what once has wrapped, rawListeners does not'() {
    const emitter = new EventEmitter();
    const a = () => {};
    emitter.once('x', a);
    equal(emitter.listeners('x')[0] === a, true);
    equal(emitter.rawListeners('x')[0] === a, false);
    equal(emitter.rawListeners('x')[0].listener === a, true);
    emitter.rawListeners('x')[0]();
    equal(emitter.listenerCount('x'), 0);
  },

  'who is added or removed while an event is emitted does not change that round'() {
    const { emitter, calls, listener } = recorder();
    const late = listener('late');
    emitter.on('x', () => {
      emitter.on('x', late);
      emitter.off('x', second);
    });
    const second = listener('second');
    emitter.on('x', second);
    emitter.emit('x');
    equal(calls, [['second']]);
    emitter.emit('x');
    equal(calls, [['second'], ['late']]);
  },

  'an error in a listener goes to who emits, and later listeners are not called'() {
    const { emitter, calls, listener } = recorder();
    emitter.on('x', () => { throw new Error('no'); });
    emitter.on('x', listener('a'));
    equal(thrown(() => emitter.emit('x')).message, 'no');
    equal(calls, []);
  },

  'an error event without a listener is thrown'() {
    const emitter = new EventEmitter();
    const mine = new Error('mine');
    equal(thrown(() => emitter.emit('error', mine)) === mine, true);
    const other = thrown(() => emitter.emit('error', 'text'));
    equal([other.message, other.code, other.context], ["Unhandled error. ('text')", 'ERR_UNHANDLED_ERROR', 'text']);
    emitter.on('error', () => {});
    equal(emitter.emit('error', mine), true);
  },

  'names are in the order of an object, symbols last, and any text is a name'() {
    const emitter = new EventEmitter();
    const symbol = Symbol('s');
    for (const name of ['b', symbol, '__proto__', 'toString', '2', '1']) emitter.on(name, () => {});
    equal(emitter.eventNames(), ['1', '2', 'b', '__proto__', 'toString', symbol]);
    equal(emitter.listenerCount('constructor'), 0);
  },

  'removeAllListeners takes one name or all'() {
    const { emitter, calls, listener } = recorder();
    emitter.on('x', listener('x')).on('y', listener('y')).on('z', listener('z'));
    equal(emitter.removeAllListeners('x') === emitter, true);
    equal(emitter.eventNames(), ['y', 'z']);
    emitter.on('removeListener', (name) => calls.push(name));
    emitter.removeAllListeners();
    equal(emitter.eventNames(), []);
    equal(calls, ['y', 'z']);
  },

  'removeAllListeners with undefined removes what is called so'() {
    const emitter = new EventEmitter();
    emitter.on('x', () => {}).on('undefined', () => {});
    emitter.removeAllListeners(undefined);
    equal(emitter.eventNames(), ['x']);
  },

  'newListener comes before, removeListener after, both with the bare listener'() {
    const emitter = new EventEmitter();
    const seen = [];
    const a = () => {};
    emitter.on('newListener', (name, listener) => seen.push(['new', name, listener === a, emitter.listenerCount('x')]));
    emitter.on('removeListener', (name, listener) => seen.push(['gone', name, listener === a, emitter.listenerCount('x')]));
    seen.length = 0;
    emitter.once('x', a);
    emitter.off('x', a);
    equal(seen, [['new', 'x', true, 0], ['gone', 'x', true, 0]]);
  },

  'listenerCount can ask for one listener'() {
    const emitter = new EventEmitter();
    const [a, b] = [() => {}, () => {}];
    emitter.on('x', a).once('x', a).on('x', b);
    equal([emitter.listenerCount('x'), emitter.listenerCount('x', a), emitter.listenerCount('x', null)], [3, 2, 3]);
  },

  'only functions are listeners'() {
    const emitter = new EventEmitter();
    const rows = [
      [undefined, 'undefined'],
      [null, 'null'],
      ['abc', "type string ('abc')"],
      [5, 'type number (5)'],
      [{}, 'an instance of Object'],
    ];
    for (const method of ['on', 'once', 'off', 'addListener', 'removeListener', 'prependListener', 'prependOnceListener']) {
      for (const [listener, received] of rows) {
        const error = thrown(() => emitter[method]('x', listener));
        equal(error.message, `The "listener" argument must be of type function. Received ${received}`);
        equal([error.name, error.code], ['TypeError', 'ERR_INVALID_ARG_TYPE']);
      }
    }
  },

  'one listener too many is warned of, once for each name'() {
    const warn = console.warn;
    const said = [];
    console.warn = (text) => said.push(text);
    try {
      const emitter = new EventEmitter();
      equal([emitter.getMaxListeners(), EventEmitter.defaultMaxListeners], [10, 10]);
      equal(emitter.setMaxListeners(1) === emitter, true);
      for (let i = 0; i < 3; i++) emitter.on('x', () => {});
      emitter.setMaxListeners(0);
      for (let i = 0; i < 20; i++) emitter.on('y', () => {});
    } finally {
      console.warn = warn;
    }
    equal(said.length, 1);
    equal(said[0].includes('2 x listeners added to [EventEmitter]'), true);
  },

  'a bound on listeners is a number from 0'() {
    const emitter = new EventEmitter();
    for (const n of [-1, NaN, '5', undefined]) {
      const error = thrown(() => emitter.setMaxListeners(n));
      equal([error.name, error.code], ['RangeError', 'ERR_OUT_OF_RANGE']);
    }
    equal(emitter.getMaxListeners(), 10);
  },
});
