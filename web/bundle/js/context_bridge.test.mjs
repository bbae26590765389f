import { createContextBridge } from './context_bridge.js';
import { EventEmitter } from './emitter.js';
import { equal, rejected, suite, thrown } from './suite.mjs';

// What a page sees of an API.
function exposed(api) {
  const target = {};
  createContextBridge(() => true, target).exposeInMainWorld('api', api);
  return target.api;
}

function nested(levels) {
  let value = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

const is = (a, b) => equal(Object.is(a, b), true);
const protoOf = Object.getPrototypeOf;

export const run = await suite({
  'without isolation every method throws the sentence'() {
    const bridge = createContextBridge(() => false, {});
    for (const call of [
      () => bridge.exposeInMainWorld('api', {}),
      () => bridge.exposeInIsolatedWorld(0, 'api', {}),
      () => bridge.executeInMainWorld({ func: () => 1 }),
    ]) {
      equal(thrown(call).message, 'contextBridge API can only be used when contextIsolation is enabled');
    }
  },

  'an API is put on window once, for good, and under no name that is taken'() {
    const target = { open: 1 };
    const bridge = createContextBridge(() => true, target);
    bridge.exposeInMainWorld('api', { a: 1 });
    for (const name of ['api', 'open', 'toString']) {
      const { message } = thrown(() => bridge.exposeInMainWorld(name, { a: 2 }));
      equal(message, 'Cannot bind an API on top of an existing property on the window object');
    }
    equal(target.api.a, 1);
    const { writable, configurable, enumerable } = Object.getOwnPropertyDescriptor(target, 'api');
    equal([writable, configurable, enumerable], [false, false, true]);
  },

  'a name that is none is refused'() {
    const bridge = createContextBridge(() => true, {});
    const { name, message } = thrown(() => bridge.exposeInMainWorld(undefined, {}));
    equal([name, message], ['TypeError', 'Error processing argument at index 1, conversion failure from undefined']);
  },

  "the page's world and the preload script's are known, and no other"() {
    const target = {};
    const bridge = createContextBridge(() => true, target);
    bridge.exposeInIsolatedWorld(0, 'a', 1);
    bridge.exposeInIsolatedWorld(999, 'b', 2);
    equal(target, { a: 1, b: 2 });
    equal(thrown(() => bridge.exposeInIsolatedWorld(1004, 'c', 3)).message.includes('isolated world 1004'), true);
  },

  'a function runs in the world of the page, with what crosses of its arguments'() {
    class Point {
      x = 1;
    }
    const bridge = createContextBridge(() => true, {});
    const result = bridge.executeInMainWorld({ func: (point, add) => [point, add(2)], args: [new Point(), (n) => n + 1] });
    equal(result, [{ x: 1 }, 3]);
    equal(bridge.executeInMainWorld({ func: () => 'none' }), 'none');
    equal(thrown(() => bridge.executeInMainWorld({ func: 1 })).name, 'TypeError');
  },

  'primitives cross as they are'() {
    const unique = Symbol('unique');
    for (const value of ['a', 1, -0, NaN, 10n, true, null, undefined, unique]) is(exposed(value), value);
    is(exposed({ get: () => ({ [unique]: 123 }) }).get()[unique], 123);
  },

  'objects are copied, and nothing of their classes comes along'() {
    class Base {
      inherited() {}
    }
    class Api extends Base {
      own = 1;
      method() {}
      get computed() {
        return 2;
      }
    }
    const source = new Api();
    Object.defineProperty(source, 'hidden', { value: 3 });
    const api = exposed({ source, numbers: { 1: 'a' } });
    equal(api.source, { own: 1 });
    is(protoOf(api.source), Object.prototype);
    equal(api.numbers, { 1: 'a' });
    equal(Array.isArray(api.numbers), false);
    const proto = exposed(JSON.parse('{"__proto__": 1}'));
    equal(Reflect.ownKeys(proto), ['__proto__']);
  },

  'an emitter such as ipcRenderer is an empty object'() {
    equal(exposed({ emitter: new (class extends EventEmitter {})() }).emitter, {});
  },

  'a getter gives its value of that moment'() {
    let count = 0;
    const api = exposed({
      get now() {
        return (count += 1);
      },
    });
    equal([api.now, api.now, count], [1, 1, 1]);
    equal(Object.getOwnPropertyDescriptor(api, 'now').get, undefined);
  },

  'what is exposed is frozen through and through, and results are not'() {
    'use strict';
    const api = exposed({ list: [1, { a: 1 }], of: () => [1], bytes: new Uint8Array(2) });
    equal([Object.isFrozen(api), Object.isFrozen(api.list), Object.isFrozen(api.list[1])], [true, true, true]);
    equal(thrown(() => api.list.push(2)).name, 'TypeError');
    equal(thrown(() => (api.of = 1)).name, 'TypeError');
    api.bytes[0] = 7;
    equal(api.bytes, new Uint8Array([7, 0]));
    const result = api.of();
    result.push(2);
    equal(result, [1, 2]);
  },

  'the object that was exposed stays as it was'() {
    const source = { list: [1] };
    exposed(source);
    source.list.push(2);
    equal(Object.isFrozen(source), false);
  },

  'functions let arguments and results across, in both directions'() {
    const api = exposed({
      first: (second) => second((fourth) => fourth()),
      call: (callback) => callback({ key: 'value' }),
    });
    equal(api.first((third) => third(() => 'final value')), 'final value');
    let got;
    api.call((value) => (got = value));
    equal(got, { key: 'value' });
    is(protoOf(got), Object.prototype);
  },

  'a function gets no this of the other side'() {
    let seen = 'not called';
    const api = exposed({
      method: function () {
        'use strict';
        seen = this;
      },
    });
    api.method();
    is(seen, undefined);
  },

  'a function that goes home is itself again'() {
    const api = exposed({ same: (value) => value, list: (value) => [value], make: () => made, is: (fn) => fn === made });
    const made = () => 1;
    const own = () => null;
    is(api.same(own), own);
    is(api.list(own)[0], own);
    is(api.is(api.make()), true);
    equal(api.make() === made, false);
  },

  'a function of a class is called, and makes nothing'() {
    const api = exposed({ Class: class {} });
    equal(thrown(() => new api.Class()).name, 'TypeError');
  },

  'the same object in one call stays one, and in the next is another'() {
    const shared = { a: 1 };
    const api = exposed({ pair: () => [shared, shared], fn: () => [shared.f, shared.f] });
    shared.f = () => 1;
    const [a, b] = api.pair();
    is(a, b);
    const [f, g] = api.fn();
    is(f, g);
    equal(api.pair()[0] === a, false);
  },

  'cycles stay cycles'() {
    const o = { value: 135, list: [] };
    o.o = o;
    o.list.push(o);
    const api = exposed({ o });
    equal([api.o.o.o.value, api.o.list[0].value], [135, 135]);
    is(api.o.o, api.o);
  },

  'more than 1000 levels are refused on the way in and on the way out'() {
    const api = exposed({ take: () => true, give: (levels) => nested(levels) });
    equal(api.take(nested(1000)), true);
    equal(api.give(1000).length, 1);
    const text = 'Electron contextBridge recursion depth exceeded.  Nested objects deeper than 1000 are not supported.';
    for (const call of [() => api.take(nested(1001)), () => api.give(1001)]) {
      const { name, message } = thrown(call);
      equal([name, message], ['TypeError', text]);
    }
  },

  'an error keeps its message and its stack, and nothing else'() {
    const source = Object.assign(new RangeError('oh no'), { code: 'E', detail: {} });
    const error = exposed({ get: () => source }).get();
    is(protoOf(error), Error.prototype);
    equal([error.message, error.stack, error.code], ['oh no', source.stack, undefined]);
    equal(error === source, false);
    const weird = new Error('foo');
    weird.message = { garbage: true };
    equal(typeof exposed({ get: () => weird }).get().message, 'string');
  },

  'what a function throws is an error of the caller'() {
    const api = exposed({
      normal: () => {
        throw new TypeError('whoops');
      },
      weird: () => {
        throw 'this is no error';
      },
      uncloneable: () => new WeakMap(),
      take: () => {},
    });
    const normal = thrown(() => api.normal());
    is(protoOf(normal), Error.prototype);
    equal(normal.message, 'whoops');
    const weird = thrown(() => api.weird());
    is(protoOf(weird), Error.prototype);
    equal(
      weird.message,
      'An unknown exception occurred in the isolated context, an error occurred but a valid exception was not thrown.',
    );
    for (const call of [() => api.uncloneable(), () => api.take(new WeakSet()), () => api.take(Object(Symbol('a')))]) {
      const error = thrown(call);
      is(protoOf(error), Error.prototype);
      equal(error.message, 'An object could not be cloned.');
    }
  },

  async 'promises come to what crosses'() {
    class Thing {
      fn = () => 'string';
    }
    const api = exposed({
      value: Promise.resolve([new Thing()]),
      later: () => new Promise((resolve) => setTimeout(() => resolve(Promise.resolve(123)), 1)),
      echo: (promise) => promise,
      fail: async () => {
        throw Object.assign(new RangeError('i-rejected'), { code: 'E' });
      },
      text: () => Promise.reject('text'),
      bad: async () => new WeakMap(),
    });
    const [thing] = await api.value;
    is(protoOf(thing), Object.prototype);
    equal(thing.fn(), 'string');
    equal([await api.later(), await api.echo(Promise.resolve('mine'))], [123, 'mine']);
    const error = await rejected(api.fail());
    equal([error.message, error.code, error.name], ['i-rejected', undefined, 'Error']);
    equal(await rejected(api.text()), 'text');
    equal((await rejected(api.bad())).message, 'An object could not be cloned.');
  },

  'what structured clone knows crosses as its copy'() {
    const source = {
      date: new Date(7),
      pattern: /a/g,
      map: new Map([['a', { b: 1 }]]),
      set: new Set([1]),
      buffer: new ArrayBuffer(3),
      view: new DataView(new ArrayBuffer(2)),
      floats: new Float32Array([1.5]),
      boxed: Object(1),
    };
    const api = exposed({ get: () => source }).get();
    for (const key of Object.keys(source)) {
      is(protoOf(api[key]), protoOf(source[key]));
      equal(api[key] === source[key], false);
    }
    equal([api.date.getTime(), String(api.pattern), api.map.get('a'), api.set.has(1)], [7, '/a/g', { b: 1 }, true]);
    equal([api.buffer.byteLength, api.view.byteLength, api.floats[0], api.boxed.valueOf()], [3, 2, 1.5, 1]);
  },

  'holes of a list become undefined'() {
    const list = exposed({ get: () => [1, , 3] }).get();
    equal([list.length, 1 in list, list[1]], [3, true, undefined]);
  },

  'a Blob, and an element where there are any, are the same on both sides'() {
    const blob = new Blob(['abcd']);
    is(exposed({ get: () => blob }).get(), blob);
    if (globalThis.document === undefined) return;
    const api = exposed({ body: document.documentElement, get: () => document.documentElement });
    is(api.get(), document.documentElement);
    equal(Object.isFrozen(api.body), false);
  },
});
