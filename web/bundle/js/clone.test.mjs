import { decode, encode, mayHaveTags } from './clone.js';
import { LimitError } from './clone/errors.js';
import { equal, suite, thrown } from './suite.mjs';

function sent(...args) {
  return encode(args).text;
}

// The arguments as the other end's page would have them.
function there(...args) {
  const { text, blobs } = encode(args);
  return decode(JSON.parse(text), blobs);
}

function refused(value, name) {
  const error = thrown(() => encode([value]));
  if (!(error instanceof DOMException) || error.name !== 'DataCloneError') throw new Error(`${name}: ${error}`);
  equal([error.message, error.code], ['An object could not be cloned.', 25]);
}

function refusedAll(values) {
  for (const [name, value] of Object.entries(values)) refused(value, name);
}

// Runs the body with properties put on a prototype that all of the page shares.
function polluted(prototype, properties, body) {
  Object.defineProperties(prototype, properties);
  try {
    body();
  } finally {
    for (const key of Object.keys(properties)) delete prototype[key];
  }
}

function nested(depth) {
  let value = null;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value };
  return value;
}

export const run = await suite({
  'plain data is plain JSON'() {
    equal(sent('a', 1, true, null, [1, [2]], { b: 1, a: { c: 'd' } }), '["a",1,true,null,[1,[2]],{"b":1,"a":{"c":"d"}}]');
    equal(encode([]), { text: '[]', blobs: null });
  },

  'each getter runs once, and may send what it sees'() {
    const calls = [];
    const value = {
      get a() { calls.push('a'); return sent(1); },
      b: [Object.defineProperty([], 0, { get() { calls.push('0'); return 2; }, enumerable: true })],
      get c() { calls.push('c'); return { $: 1 }; },
    };
    equal(sent(value), '[{"a":"[1]","b":[[2]],"c":{"$":"object","entries":[["$",1]]}}]');
    // An object's own before those of what is in it.
    equal(calls, ['a', 'c', '0']);
  },

  'a getter that throws is heard, and one may delete what comes after it'() {
    equal(thrown(() => encode([{ get a() { throw new RangeError('mine'); } }])).message, 'mine');
    equal(sent({ get a() { delete this.b; return 1; }, b: 2 }), '[{"a":1}]');
  },

  'what all objects were given is not sent'() {
    for (const fields of [0, 150]) {
      const inside = Object.fromEntries(Array.from({ length: fields }, (_, at) => [`k${at}`, at]));
      const text = JSON.stringify(inside);
      try {
        Object.defineProperty(Object.prototype, 'given', { value: [], enumerable: true, configurable: true });
        equal(sent({ a: { given: 2 } }, [inside]), `[{"a":{"given":2}},[${text}]]`);
      } finally {
        delete Object.prototype.given;
      }
      const late = { get a() { Object.prototype.given = [1]; return inside; }, b: {} };
      try {
        equal(sent(late), `[{"a":${text},"b":{}}]`);
      } finally {
        delete Object.prototype.given;
      }
    }
  },

  'an object of many fields is sent as one of few'() {
    for (const count of [1, 100, 101, 130, 1000]) {
      const fields = Array.from({ length: count }, (_, at) => [`k${at}`, at % 3 === 0 ? [at, undefined] : at]);
      const text = (list) => `{${list.map(([key, value]) => `"${key}":${value[0] === undefined ? value : `[${value[0]},{"$":"undefined"}]`}`)}}`;
      equal(sent(Object.fromEntries(fields)), `[${text(fields)}]`);
      const own = JSON.parse(`{"__proto__":{"a":[1]}${fields.map(([key]) => `,"${key}":1`).join('')}}`);
      own['__proto__'].a.push(undefined);
      const rest = fields.map(([key]) => `,"${key}":1`).join('');
      equal(sent(own), `[{"__proto__":{"a":[1,{"$":"undefined"}]}${rest}}]`);
      const twice = { ...Object.fromEntries(fields), $: 1 };
      equal(sent([twice, twice]).match(/"def"|"ref"|"object"/g), ['"def"', '"object"', '"ref"']);
      const shrinking = Object.defineProperty({}, 'first', { get() { delete this.k0; return 1; }, enumerable: true });
      Object.assign(shrinking, Object.fromEntries(fields));
      equal(sent(shrinking), `[${text([['first', 1], ...fields.slice(1)])}]`);
    }
  },

  'only own enumerable text keys are sent'() {
    const value = Object.create({ inherited: 1 }, { hidden: { value: 1 }, shown: { value: 2, enumerable: true } });
    value[Symbol('s')] = 3;
    equal(sent(value), '[{"shown":2}]');
  },

  'objects of classes are sent as what they hold'() {
    class Point {
      constructor(x) { this.x = x; }
      get double() { return this.x * 2; }
      toJSON() { return 'never'; }
    }
    class Tagged extends Point {
      get [Symbol.toStringTag]() { return 'Map'; }
    }
    equal(there(new Point(1), new Tagged(2), Object.assign(Object.create(null), { x: 3 })), [{ x: 1 }, { x: 2 }, { x: 3 }]);
  },

  'toJSON is never called, wherever it is'() {
    const toJSON = { value: () => 'never', configurable: true };
    equal(sent({ toJSON: 1, a: 2 }), '[{"toJSON":1,"a":2}]');
    refused({ toJSON() { return 'never'; } }, 'a function of its own');
    for (const prototype of [Object.prototype, Array.prototype, String.prototype, BigInt.prototype, Date.prototype]) {
      polluted(prototype, { toJSON }, () => {
        const text = sent([1, { a: ['b', { $: 1 }] }, undefined, 1n, new Date(5)]);
        equal(
          text,
          '[[1,{"a":["b",{"$":"object","entries":[["$",1]]}]},{"$":"undefined"},{"$":"bigint","v":"1"},{"$":"date","v":5}]]',
        );
      });
    }
  },

  'what a page puts on Object.prototype changes nothing'() {
    const trap = { get() { return 'trap'; }, set() { throw new Error('set'); }, configurable: true };
    polluted(Object.prototype, { a: trap, v: trap, $: trap, length: trap }, () => {
      equal(sent({ a: 1, b: undefined, $: NaN }), '[{"$":"object","entries":[["a",1],["b",{"$":"undefined"}],["$",{"$":"number","v":"NaN"}]]}]');
      equal(Object.getOwnPropertyDescriptor(there({ $: 1, a: 2 })[0], 'a').value, 2);
    });
    polluted(Object.prototype, { shown: { value: 1, enumerable: true, configurable: true } }, () => {
      equal(sent({ a: [undefined] }), '[{"a":[{"$":"undefined"}]}]');
    });
  },

  'a key __proto__ is a key like any other'() {
    const value = JSON.parse('{"__proto__":{"a":[{"$":1}]},"b":1}');
    const [plain, tagged] = there(value, { $: value });
    equal(Object.keys(plain), ['__proto__', 'b']);
    equal(Object.getPrototypeOf(plain) === Object.prototype, true);
    equal(Object.keys(tagged.$), ['__proto__', 'b']);
  },

  'what structured clone refuses is refused'() {
    refusedAll({
      function: () => {}, class: class {}, symbol: Symbol('s'), inside: [{ a: () => {} }], promise: Promise.resolve(),
      weakMap: new WeakMap(), weakSet: new WeakSet(), weakRef: new WeakRef({}), generator: (function* () {})(),
      iterator: [][Symbol.iterator](), arguments: (function () { return arguments; })(1), port: new MessageChannel().port1,
      event: new Event('x'), signal: new AbortController().signal, url: new URL('http://localhost'),
    });
  },

  'what is the browser\'s own, and what is gone, is refused and not sent in part'() {
    const detached = new ArrayBuffer(8);
    const view = new Uint8Array(detached);
    structuredClone(detached, { transfer: [detached] });
    refusedAll({
      blob: new Blob(['b']), boxedSymbol: Object(Symbol('s')), detached, view,
      dataView: new Proxy(new DataView(new ArrayBuffer(1)), {}), domException: new DOMException('d'),
      mapOfFunctions: new Map([['f', () => {}]]), setOfSymbols: new Set([Symbol('s')]),
      causeOfAll: new Error('e', { cause: () => {} }), noMap: Object.create(Map.prototype), noError: Object.create(Error.prototype),
    });
    if (typeof File !== 'undefined') refused(new File(['b'], 'b.txt'), 'file');
    if (typeof SharedArrayBuffer !== 'undefined') {
      refusedAll({ shared: new SharedArrayBuffer(4), sharedView: new Uint8Array(new SharedArrayBuffer(4)) });
    }
    if ('resizable' in ArrayBuffer.prototype) refused(new ArrayBuffer(4, { maxByteLength: 8 }), 'resizable');
  },

  'no tag and no prototype that is set by hand fools the checks'() {
    const tag = (value, name) => Object.defineProperty(value, Symbol.toStringTag, { value: name });
    equal(there(tag({ a: 1 }, 'Date'), tag({ a: 2 }, 'Map'), tag([3], 'Object')), [{ a: 1 }, { a: 2 }, [3]]);
    equal(there(tag(new Date(5), 'Object'))[0].getTime(), 5);
    equal(there(tag(new Uint8Array([1]), 'Object'))[0][0], 1);
    equal(there(tag(new Map([[1, 2]]), 'Object'))[0], new Map([[1, 2]]));
    equal([...there(Object.setPrototypeOf(new Set([1]), tag({}, 'Object')))[0]], [1]);
    for (const [value, name] of [[new Date(5), 'Date'], [/a/, 'RegExp'], [new Error('e'), 'Error'], [Object(1), 'Number']]) {
      equal(there(Object.setPrototypeOf(value, Object.prototype))[0].constructor.name, name);
    }
    refused(Object.create(Date.prototype), 'no date');
    const prototype = {};
    equal(there(Object.setPrototypeOf([1], prototype))[0], [1]);
    equal(there(Object.setPrototypeOf(new Uint16Array([258]), prototype))[0], new Uint16Array([258]));
  },

  'numbers, dates and BigInts keep what they are'() {
    const date = new Date(NaN);
    date.getTime = () => 7;
    const [zero, nan, undef, big, bad, sub] = there(-0, NaN, undefined, -(2n ** 80n), date, new (class extends Date {})(9));
    equal([zero, nan, undef, big], [-0, NaN, undefined, -(2n ** 80n)]);
    equal([bad.getTime(), sub.getTime(), sub.constructor === Date], [NaN, 9, true]);
  },

  'a buffer is sent as it is now, once, with all of its views'() {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const { text, blobs } = encode([bytes.subarray(1, 3), { a: bytes.buffer }, new DataView(bytes.buffer, 2)]);
    bytes[1] = 9;
    equal(blobs, [new Uint8Array([1, 2, 3, 4])]);
    const [part, { a }, view] = decode(JSON.parse(text), blobs);
    equal(part, new Uint8Array([2, 3]));
    part[0] = 7;
    equal([new Uint8Array(a)[1], part.buffer === a, view.buffer === a, view.getUint8(0)], [7, true, true, 3]);
  },

  'a buffer is not asked for its constructor, nor a view for its own properties'() {
    class Strange extends ArrayBuffer {
      static get [Symbol.species]() { throw new Error('asked'); }
    }
    const view = new Uint8Array(new Strange(2));
    for (const key of ['buffer', 'byteOffset', 'length', 'byteLength']) Object.defineProperty(view, key, { value: 'mine' });
    equal(there(view)[0], new Uint8Array(2));
  },

  'a blob that is a part of a message becomes a buffer of its own'() {
    const message = new Uint8Array([0, 1, 2, 3]);
    const [one] = decode([{ $: 'arraybuffer', blob: 0 }], [message.subarray(1, 3)]);
    equal(new Uint8Array(one), new Uint8Array([1, 2]));
    const [whole] = decode([{ $: 'arraybuffer', blob: 0 }], [message]);
    equal(whole === message.buffer, true);
  },

  'depth is refused at the limit plus one, with both numbers'() {
    const back = there(nested(1000))[0];
    equal(JSON.stringify(back), JSON.stringify(nested(1000)));
    for (const refusal of [
      thrown(() => encode([nested(1001)])),
      thrown(() => decode(nested(1001), null, 1000)),
      thrown(() => decode(JSON.parse(encode([nested(1001)], 1001).text), null)),
    ]) {
      equal(refusal instanceof LimitError, true);
      equal(refusal.actual - refusal.limit, 1);
      equal(refusal.message, `a value is nested too deep: ${refusal.actual}, and the limit is ${refusal.limit}`);
    }
    equal(thrown(() => encode([10n ** 16384n])).message, "a BigInt's digits are too many: 16385, and the limit is 16384");
    equal(there(-(10n ** 16384n - 1n))[0] === -(10n ** 16384n - 1n), true);
  },

  'escaped keys to the limit are written, though engines run out of stack'() {
    let value = 'end';
    for (let i = 0; i < 999; i++) value = { a: [], $: value, 'b"': 1 };
    equal(sent(value).split('{"$":"object","entries":[["a",[]],["$",').length, 1000);
    equal(sent(value).endsWith(`"end"${'],["b\\"",1]]}'.repeat(999)}]`), true);
  },

  'text without tags is known by a search'() {
    equal(['["a$",{"$$":1}]', '[{"$":"x"}]', '[{"\\u0024":"x"}]'].map(mayHaveTags), [false, true, true]);
  },

  'what belongs to a document or another window is told for what it is'() {
    if (typeof document === 'undefined') return;
    refusedAll({
      document, window, location, history, body: document.body, all: document.all, fragment: new DocumentFragment(),
      nodes: document.querySelectorAll('*'), style: document.documentElement.style, rect: new DOMRect(),
    });
    const frame = document.body.appendChild(document.createElement('iframe'));
    try {
      const other = frame.contentWindow;
      const make = (code) => other.eval(code);
      const [list, object, date, view, buffer] = there(...['[1]', '({a:1})', 'new Date(5)', 'new Uint8Array([1])', 'new ArrayBuffer(2)'].map(make));
      equal([list, object, date.getTime(), view, buffer.byteLength], [[1], { a: 1 }, 5, new Uint8Array([1]), 2]);
      equal(there(make('new (class { x = 1 })'))[0], { x: 1 });
      refusedAll({ other, location: other.location, document: other.document });
      const [map, set, regexp, error, box] = there(...['new Map([[1, 2]])', 'new Set([1])', '/a/g', 'new TypeError("m")', 'Object(1n)'].map(make));
      equal([map.get(1), set.has(1), String(regexp), String(error), box.valueOf()], [2, true, '/a/g', 'TypeError: m', 1n]);
      equal([map, set, regexp, error, box].every((value) => value instanceof Object), true);
      for (const code of ['Promise.resolve()', '() => {}', 'new WeakMap', 'new DOMException', 'new Blob']) {
        refused(make(`(${code})`), code);
      }
    } finally {
      frame.remove();
    }
  },
});
