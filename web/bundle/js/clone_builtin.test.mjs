import { decode, encode } from './clone.js';
import { difference } from './same.mjs';
import { equal, suite, thrown } from './suite.mjs';

function sent(...args) {
  return encode(args).text;
}

function there(value) {
  const { text, blobs } = encode([value]);
  return decode(JSON.parse(text), blobs)[0];
}

// The value arrives as the browser's own structuredClone has it.
function arrives(value) {
  equal(difference(there(value), value), null);
  equal(difference(structuredClone(value), value), null);
}

// The same where not every engine's own does what the specification says.
function arrivesHere(value) {
  equal(difference(there(value), value), null);
}

function many(count, make) {
  return Array.from({ length: count }, (_, i) => make(i));
}

export const run = await suite({
  'Map, Set, RegExp and boxes arrive as they are, without what was put on them'() {
    arrives(new Map([[1, 'a'], ['1', new Map()], [NaN, undefined], [null, -0], [{}, [{}]], [2n, 3n], [true, Symbol.iterator.description]]));
    arrives(new Set([1, '1', NaN, null, undefined, {}, {}, [], 1n]));
    arrives([/a\/[b]/gi, /(?:)/, new RegExp('/', 'dmsuy'), new RegExp('\n')]);
    arrives([Object(1), Object(-0), Object(NaN), Object(''), Object('ab'), Object(true), Object(false), Object(10n)]);
    const seen = /a/g;
    seen.lastIndex = 5;
    equal(there(seen).lastIndex, 0);
    equal(Object.keys(there(Object.assign(new Map(), { own: 1 }))), []);
    equal(there(new (class extends Map {})([[1, 2]])).constructor === Map, true);
    if ('unicodeSets' in RegExp.prototype) arrives(new RegExp('[a--b]', 'v'));
  },

  'their methods and getters are not asked'() {
    const trap = { get() { throw new Error('asked'); }, configurable: true };
    const map = Object.defineProperties(new Map([[1, 2]]), { forEach: trap, size: trap, entries: trap, [Symbol.iterator]: trap });
    const regexp = Object.defineProperties(/a/g, { source: trap, flags: trap, global: trap });
    const date = Object.defineProperties(new Date(5), { getTime: trap, valueOf: trap, [Symbol.toPrimitive]: trap });
    const box = Object.defineProperties(Object(5), { valueOf: trap });
    const [again, source, five, boxed] = there([map, regexp, date, box]);
    equal([again.get(1), String(source), five.getTime(), boxed.valueOf()], [2, '/a/g', 5, 5]);
  },

  'errors keep class, message, stack and cause, and nothing else'() {
    for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = new Class('m', { cause: [new Class('inner')] });
      error.code = 'E';
      const back = there(error);
      equal([back.constructor === Class, back.message, back.stack, Object.keys(back)], [true, 'm', error.stack, []]);
      equal([back.cause[0].constructor === Class, back.cause[0].message, back.cause[0].stack], [true, 'inner', error.cause[0].stack]);
      equal(['message', 'stack', 'cause'].map((key) => Object.getOwnPropertyDescriptor(back, key).enumerable), [false, false, false]);
    }
  },

  'what an error lacks it lacks at the other end as well'() {
    const bare = there(new Error());
    equal([Object.hasOwn(bare, 'message'), Object.hasOwn(bare, 'cause'), bare.message], [false, false, '']);
    equal(Object.hasOwn(there(new Error('m', { cause: undefined })), 'cause'), true);
    const stackless = new Error('m');
    Object.defineProperty(stackless, 'stack', { value: undefined });
    equal(there(stackless).stack, undefined);
  },

  'an error of a class of one\'s own becomes that of its name, and an own getter is no message'() {
    class Mine extends TypeError {}
    class Named extends Error { get name() { return 'RangeError'; } }
    class Tagged extends Error { get [Symbol.toStringTag]() { return 'Tagged'; } }
    equal([there(new Mine('a')), there(new Named('b')), there(new Tagged('c')), there(new AggregateError([1], 'd'))].map((e) => [e.constructor.name, e.message]),
      [['TypeError', 'a'], ['RangeError', 'b'], ['Error', 'c'], ['Error', 'd']]);
    equal(there(Object.assign(new Error('m'), { name: 'Strange' })).name, 'Error');
    equal(there(Object.defineProperty(new Error('m'), 'message', { get() { return 'x'; } })).message, '');
    equal(there(Object.defineProperty(new Error(), 'message', { value: 5 })).message, '5');
    equal(thrown(() => there(Object.defineProperty(new Error(), 'name', { get() { throw new RangeError('mine'); } }))).message, 'mine');
  },

  'arrays keep their holes and their names'() {
    arrives([, 1, , undefined]);
    arrives(new Array(5));
    // WebKit's own goes through them one by one.
    arrivesHere(new Array(4294967295));
    arrives('abc'.match(/b/));
    arrives(Object.assign([1], { name: 2, 4294967295: 3, '01': 4, [-1]: 5 }));
    arrives(Object.assign([, 1], { $: { $: 1 } }));
    const late = [Object.defineProperty({}, 'a', { enumerable: true, get() { delete late[1]; return 1; } }), 2, 3];
    equal(sent(late), '[{"$":"array","length":3,"entries":[["0",{"a":1}],["2",3]]}]');
    equal(1 in there(Object.defineProperty([1], 1, { value: 2, enumerable: false })), false);
  },

  'an object is one at the other end, wherever it is met'() {
    const shared = { a: [1] };
    const date = new Date(5);
    arrives([shared, { shared }, new Map([[shared, shared]]), new Set([shared, shared.a]), shared.a]);
    // Not every engine's own copy of these is one: WebKit makes two dates of one.
    arrivesHere([date, date, /a/, Object(1)]);
    const view = new Uint16Array(new ArrayBuffer(8), 2, 1);
    arrivesHere([view, view, view.buffer, new DataView(view.buffer)]);
    const box = Object('s');
    const regexp = /x/;
    arrivesHere([box, regexp, box, regexp, [box]]);
    const escaped = { $: 1 };
    arrives([escaped, escaped, { $: escaped }]);
    const holes = [, 1];
    arrives({ a: holes, b: holes });
    const [one, two] = decode(JSON.parse(sent(shared, shared)));
    equal(one === two, true);
  },

  'what contains itself does so at the other end'() {
    const object = { list: [{}], $: null };
    object.list[0].back = object;
    object.$ = object.list;
    const list = [];
    list.push(list, list);
    const map = new Map();
    map.set(map, new Set([map]));
    const set = new Set();
    set.add(set).add([set]);
    const error = new Error('m', { cause: {} });
    error.cause.error = error;
    const holes = [, , object];
    holes.own = holes;
    for (const value of [object, list, map, set, holes]) arrives(value);
    arrives([object, list, map, set, holes, map, object]);
    arrivesHere([error, error]);
  },

  'many objects are told apart as few are'() {
    for (const count of [10, 11, 12, 13, 14, 100]) {
      const objects = many(count, (i) => ({ i }));
      arrives([...objects, ...objects]);
      arrives([...objects, objects[0]]);
      arrives(objects.map((object) => [{ $: object }]));
      equal(sent(objects).includes('"$"'), false);
      const cycle = many(count, (i) => ({ $: i }));
      cycle.forEach((object, i) => { object.next = cycle[(i + 1) % count]; });
      arrives(cycle[0]);
    }
  },

  'numbers of shared objects are in the order of the text, whatever is met again first'() {
    const [a, b] = [{}, []];
    equal(sent([a, b, b, a]), '[[{"$":"def","v":{}},{"$":"def","v":[]},{"$":"ref","v":1},{"$":"ref","v":0}]]');
    equal(sent({ x: [a], y: b, z: { b, a } }), '[{"x":[{"$":"def","v":{}}],"y":{"$":"def","v":[]},"z":{"b":{"$":"ref","v":1},"a":{"$":"ref","v":0}}}]');
  },

  'keys that every object has may be shared as well'() {
    const inner = { a: 1 };
    const value = JSON.parse('{"__proto__":0,"toString":0}');
    Object.defineProperty(value, '__proto__', { value: inner });
    value.toString = inner;
    const back = there(value);
    equal(Object.getOwnPropertyDescriptor(back, '__proto__').value === back.toString, true);
    equal(Object.getPrototypeOf(back) === Object.prototype, true);
  },

  'a shared object is as deep as it is, and no mark counts'() {
    let value = [];
    for (let i = 1; i < 500; i++) value = i % 2 ? new Map([[value, value]]) : [value, value];
    equal(difference(there(value), value), null);
    let deep = {};
    for (let i = 0; i < 1000; i++) deep = { deep };
    equal(thrown(() => encode([deep])).message, 'a value is nested too deep: 1001, and the limit is 1000');
  },
});
