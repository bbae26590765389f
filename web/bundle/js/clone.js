// Values to and from the wire's JSON, by structured clone's rules. protocol/vectors/values.json says what the wire is.
//
// What structured clone can't clone throws its DataCloneError. So does, for now, what the wire has no form for: Map,
// Set, RegExp, Error, Blob, boxed primitives, arrays with holes or names, resizable buffers, and cycles. Nothing is
// sent with a part of it missing. A proxy can't be told from its target. An object met twice is written twice.

// The list's JSON text, and the buffers that it names by index as Uint8Arrays, or null if there are none. They are
// copies: what the page does to a buffer afterwards is not sent. Each getter runs once. An argument may be nested
// `depth` levels deep.
export function encode(args, depth = 1000) {
  const walk = { path: [], depth, blobs: null, buffers: null, shield: 'toJSON' in Array.prototype };
  const copy = shielded(new Array(args.length), walk);
  for (let i = 0; i < args.length; i++) copy[i] = flat(args[i], walk);
  return { text: stringify(copy), blobs: walk.blobs };
}

// The value that parsed JSON stands for; it becomes part of that value. blobs are Uint8Arrays or ArrayBuffers. A text
// that `mayHaveTags` says false to stands for itself. The limit leaves a level for the list that arguments are in.
export function decode(data, blobs, depth = 1001) {
  return revive(data, { blobs: blobs || [], buffers: [], depth }, 0);
}

// Whether JSON text may hold a tag. An escaped key is none that our own ends write, but a key all the same.
export function mayHaveTags(text) {
  return text.includes('"$"') || text.includes('\\u0024');
}

// A value is past a limit that both ends hold.
export class LimitError extends RangeError {
  constructor(what, actual, limit) {
    super(`${what}: ${actual}, and the limit is ${limit}`);
    this.name = 'LimitError';
    this.actual = actual;
    this.limit = limit;
  }
}

// The host sent what is no value. kind is the name that the vectors have for the trouble.
export class WireError extends TypeError {
  constructor(kind, message) {
    super(`exciton: the host sent a bad value: ${message}`);
    this.name = 'WireError';
    this.kind = kind;
  }
}

// A copy of a value that JSON.stringify writes as its wire text.
function flat(value, walk) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (value - value === 0 && (value !== 0 || 1 / value > 0)) return value;
      return shielded({ $: 'number', v: value === 0 ? '-0' : String(value) }, walk);
    case 'undefined':
      // document.all says that it is undefined.
      if (value !== undefined) throw uncloneable();
      return shielded({ $: 'undefined' }, walk);
    case 'bigint':
      return shielded({ $: 'bigint', v: digits(value) }, walk);
    case 'object':
      return value === null ? null : flatObject(value, walk);
    default:
      throw uncloneable();
  }
}

function flatObject(value, walk) {
  if (isArray(value)) return flatArray(value, walk);
  if (isView(value)) return flatView(value, walk);
  if (!isPlain(value)) return flatBuiltin(value, walk);
  enter(value, walk);
  const copy = {};
  let escaped = false;
  for (const key of keysOf(value)) {
    const member = value[key];
    // A getter before this one may have deleted it.
    if (member === undefined && !has(value, key)) continue;
    if (key === '$') escaped = true;
    const flatMember = flat(member, walk);
    // What all objects inherit may be a setter (__proto__ is one), or frozen.
    if (key in EMPTY) define(copy, key, flatMember);
    else copy[key] = flatMember;
  }
  walk.path.pop();
  return shielded(escaped ? { $: 'object', entries: entriesOf(copy, walk) } : copy, walk);
}

function flatArray(value, walk) {
  enter(value, walk);
  const length = value.length;
  // Each index is a key. Fewer keys are holes, and more are names.
  if (keysOf(value).length !== length) throw uncloneable();
  const copy = shielded(new Array(length), walk);
  for (let i = 0; i < length; i++) {
    const item = value[i];
    if (item === undefined && !has(value, i)) throw uncloneable();
    copy[i] = flat(item, walk);
  }
  walk.path.pop();
  return copy;
}

// Goes a level down. walk.path holds what the value is in, outermost first.
function enter(value, walk) {
  const { path, depth } = walk;
  for (let i = path.length - 1; i >= 0; i--) {
    if (path[i] === value) throw uncloneable();
  }
  if (path.length >= depth) throw new LimitError('a value is nested too deep', path.length + 1, depth);
  path.push(value);
}

function flatView(view, walk) {
  const type = typedArrayName.call(view) || 'DataView';
  const part = type === 'DataView' ? dataView : typedArray;
  const blob = blobOf(part.buffer.call(view), walk);
  const [offset, length] = [part.byteOffset.call(view), part.length.call(view)];
  return shielded({ $: 'view', type, blob, offset, length }, walk);
}

function flatBuiltin(value, walk) {
  if ('getTime' in value) {
    const time = attempt(getTime, value);
    if (time !== undefined) return shielded({ $: 'date', v: time === time ? time : null }, walk);
  }
  return shielded({ $: 'arraybuffer', blob: blobOf(value, walk) }, walk);
}

// The index of a buffer's copy.
function blobOf(buffer, walk) {
  if (walk.buffers === null) {
    walk.buffers = new Map();
    walk.blobs = [];
  }
  let index = walk.buffers.get(buffer);
  if (index === undefined) {
    const copy = snapshot(buffer);
    index = walk.blobs.push(copy) - 1;
    walk.buffers.set(buffer, index);
  }
  return index;
}

function snapshot(buffer) {
  // Undefined for what is no ArrayBuffer, shared memory included.
  const length = attempt(bufferLength, buffer);
  if (length === undefined || (isResizable !== null && isResizable.call(buffer))) throw uncloneable();
  try {
    // Not slice(), which would ask the buffer for its constructor. It throws if the buffer is detached.
    const copy = new Uint8Array(length);
    copy.set(new Uint8Array(buffer));
    return copy;
  } catch {
    throw uncloneable();
  }
}

// Whether structured clone sees nothing but an object's own properties. By the prototypes, because objects of other
// realms have others; not by Symbol.toStringTag alone, which anyone can set.
function isPlain(value) {
  const proto = prototypeOf(value);
  let kind = UNTAGGED;
  if (proto === null) {
    if (!isReadable(value)) return false;
  } else if (proto !== ObjectPrototype) {
    kind = prototypes.get(proto);
    if (kind === undefined) prototypes.set(proto, (kind = kindOf(proto)));
    if (kind === BUILTIN) return false;
  }
  if (kind === UNTAGGED && tagOf.call(value) === '[object Object]') return true;
  // Without a tag in the way, that was the name of what is built in behind a prototype set by hand.
  return Symbol.toStringTag in value && BRANDS.every((brand) => attempt(brand, value) === undefined);
}

// What is built in, in any realm, has on its chain of prototypes one with a native constructor, or with a tag that
// can't be written. Only a chain's last is that of plain objects.
function kindOf(proto) {
  let kind = UNTAGGED;
  for (let at = proto, next; (next = prototypeOf(at)) !== null; at = next) {
    const maker = ownProperty(at, 'constructor');
    if (maker !== undefined && typeof maker.value === 'function' && isNative(maker.value)) return BUILTIN;
    const tag = ownProperty(at, Symbol.toStringTag);
    if (tag !== undefined && tag.writable === false) return BUILTIN;
    if (tag !== undefined) kind = TAGGED;
  }
  return kind;
}

function isNative(maker) {
  return /\{\s*\[native code\]\s*\}\s*$/.test(sourceOf.call(maker));
}

// A window or location of another origin has no prototype, and lets nobody ask.
function isReadable(value) {
  try {
    ownProperty(value, 'exciton');
    return true;
  } catch {
    return false;
  }
}

function digits(number) {
  const text = String(number);
  const count = text.length - (number < 0n ? 1 : 0);
  if (count > BIGINT_DIGITS) throw new LimitError("a BigInt's digits are too many", count, BIGINT_DIGITS);
  return text;
}

function entriesOf(copy, walk) {
  return shielded(keysOf(copy).map((key) => shielded([key, copy[key]], walk)), walk);
}

// Libraries give all arrays, or all objects, a toJSON that JSON.stringify would call. Structured clone knows none.
function shielded(copy, walk) {
  if (walk.shield && !has(copy, 'toJSON')) Object.defineProperty(copy, 'toJSON', { value: undefined });
  return copy;
}

function define(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function stringify(copy) {
  try {
    return JSON.stringify(copy);
  } catch {
    // Escaped keys make three levels of one, and engines run out of stack at a few thousand.
    return stringifyDeep(copy);
  }
}

// As JSON.stringify, without recursion.
function stringifyDeep(root) {
  const open = [{ keys: [0], at: 0, values: [root], end: '' }];
  let text = '';
  while (open.length > 0) {
    const top = open[open.length - 1];
    if (top.at === top.keys.length) {
      text += top.end;
      open.pop();
      continue;
    }
    const key = top.keys[top.at];
    const value = top.values[key];
    if (top.at > 0) text += ',';
    if (!isArray(top.values)) text += `${JSON.stringify(key)}:`;
    top.at += 1;
    if (typeof value === 'object' && value !== null) {
      const list = isArray(value);
      text += list ? '[' : '{';
      open.push({ keys: keysOf(value), at: 0, values: value, end: list ? ']' : '}' });
    } else {
      text += JSON.stringify(value);
    }
  }
  return text;
}

function uncloneable() {
  return new DOMException('An object could not be cloned.', 'DataCloneError');
}

// What a method returns, undefined if it isn't for this object.
function attempt(method, value) {
  try {
    return method.call(value);
  } catch {
    return undefined;
  }
}

function revive(data, context, level) {
  if (typeof data !== 'object' || data === null) return data;
  if (isArray(data)) {
    descend(context, level);
    for (let i = 0; i < data.length; i++) {
      const item = data[i];
      if (typeof item === 'object' && item !== null) data[i] = revive(item, context, level + 1);
    }
    return data;
  }
  const keys = keysOf(data);
  if (keys[0] === '$') return reviveTag(data, keys.length - 1, context, level);
  descend(context, level);
  for (const key of keys) {
    if (key === '$') throw new WireError('tag', 'the key $ comes first in a tag');
    const member = data[key];
    // The key is the object's own: even __proto__ is set like any other.
    if (typeof member === 'object' && member !== null) data[key] = revive(member, context, level + 1);
  }
  return data;
}

function descend(context, level) {
  if (level >= context.depth) throw new LimitError('a value is nested too deep', level + 1, context.depth);
}

// members: how many the tag has beside its name.
function reviveTag(tag, members, context, level) {
  const name = tag.$;
  const bad = (what) => new WireError('tag', `tag ${JSON.stringify(name)}: ${what}`);
  const expected = typeof name === 'string' && has(TAG_MEMBERS, name) ? TAG_MEMBERS[name] : undefined;
  if (expected === undefined) throw bad('there is no such tag');
  if (members !== expected.length || !expected.every((key) => has(tag, key))) {
    throw bad('it has not the members that it should have');
  }
  const { v } = tag;
  switch (name) {
    case 'undefined':
      return undefined;
    case 'number':
      if (!['NaN', 'Infinity', '-Infinity', '-0'].includes(v)) throw bad('v is NaN, Infinity, -Infinity or -0');
      return Number(v);
    case 'bigint':
      if (typeof v !== 'string' || !/^(0|-?[1-9][0-9]*)$/.test(v)) throw bad('v is a whole number as text');
      return reviveBigInt(v);
    case 'date':
      if (v !== null && typeof v !== 'number') throw bad('v is milliseconds or null');
      return new Date(v === null ? NaN : v);
    case 'arraybuffer':
      if (!isNatural(tag.blob)) throw bad('blob is an index');
      return bufferOf(tag.blob, context);
    case 'view':
      return reviveView(tag, context, bad);
    default:
      descend(context, level);
      return reviveEntries(tag.entries, context, level, bad);
  }
}

function reviveBigInt(text) {
  const count = text.length - (text[0] === '-' ? 1 : 0);
  if (count > BIGINT_DIGITS) throw new LimitError("a BigInt's digits are too many", count, BIGINT_DIGITS);
  return BigInt(text);
}

function reviveView({ type, blob, offset, length }, context, bad) {
  if (!VIEWS.includes(type)) throw bad('there is no such type of view');
  if (![blob, offset, length].every(isNatural)) throw bad('blob, offset and length are whole numbers');
  const buffer = bufferOf(blob, context);
  const View = globalThis[type];
  if (View === undefined) throw new WireError('view', `this browser has no ${type}`);
  try {
    return new View(buffer, offset, length);
  } catch {
    const what = `a ${type} of length ${length} at byte ${offset} does not fit a buffer of ${buffer.byteLength} bytes`;
    throw new WireError('view', what);
  }
}

function reviveEntries(entries, context, level, bad) {
  if (!isArray(entries)) throw bad('entries is a list');
  const object = {};
  for (const entry of entries) {
    if (!isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string') {
      throw bad('an entry has a key and a value');
    }
    const value = revive(entry[1], context, level + 1);
    // Not by =, which would call a setter: that of __proto__, or one that the page has made.
    define(object, entry[0], value);
  }
  return object;
}

// Each blob is one buffer, however many views it has.
function bufferOf(index, context) {
  const { blobs, buffers } = context;
  if (index >= blobs.length) {
    throw new WireError('blob', `binary ${index} is named, but ${blobs.length} came along`);
  }
  if (buffers[index] === undefined) {
    buffers[index] = isView(blobs[index]) ? ownBuffer(blobs[index]) : blobs[index];
  }
  return buffers[index];
}

// The one copy that the way in costs: out of the message that all blobs came in.
function ownBuffer({ buffer, byteOffset, byteLength }) {
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

function isNatural(number) {
  return Number.isSafeInteger(number) && number >= 0 && !Object.is(number, -0);
}

function has(object, key) {
  return hasOwn.call(object, key);
}

function getterOf(prototype, key) {
  const property = ownProperty(prototype, key);
  return property === undefined ? null : property.get;
}

const { isArray } = Array;
const { isView } = ArrayBuffer;
const { keys: keysOf, getPrototypeOf: prototypeOf, getOwnPropertyDescriptor: ownProperty, prototype: ObjectPrototype } = Object;
const { hasOwnProperty: hasOwn, toString: tagOf } = ObjectPrototype;
const { toString: sourceOf } = Function.prototype;
const { getTime } = Date.prototype;
const bufferLength = getterOf(ArrayBuffer.prototype, 'byteLength');
const isResizable = getterOf(ArrayBuffer.prototype, 'resizable');
const TypedArrayPrototype = prototypeOf(Uint8Array.prototype);
const typedArrayName = getterOf(TypedArrayPrototype, Symbol.toStringTag);
const typedArray = {
  buffer: getterOf(TypedArrayPrototype, 'buffer'),
  byteOffset: getterOf(TypedArrayPrototype, 'byteOffset'),
  length: getterOf(TypedArrayPrototype, 'length'),
};
const dataView = {
  buffer: getterOf(DataView.prototype, 'buffer'),
  byteOffset: getterOf(DataView.prototype, 'byteOffset'),
  length: getterOf(DataView.prototype, 'byteLength'),
};

// What the objects with a prototype are: built in; or plain, whether or not a tag hides what is inside of them. Each
// prototype is asked once, so that an object of a class costs little more than a literal.
const BUILTIN = 'built in';
const TAGGED = 'tagged';
const UNTAGGED = 'untagged';
const prototypes = new WeakMap();

// Methods that throw for objects of any other kind, and return something for theirs.
const BRANDS = [
  getTime,
  bufferLength,
  getterOf(Map.prototype, 'size'),
  getterOf(Set.prototype, 'size'),
  getterOf(RegExp.prototype, 'source'),
  Number.prototype.valueOf,
  String.prototype.valueOf,
  Boolean.prototype.valueOf,
  Symbol.prototype.valueOf,
  BigInt.prototype.valueOf,
  function () { return WeakMap.prototype.has.call(this, this); },
  function () { return WeakSet.prototype.has.call(this, this); },
  ...(typeof SharedArrayBuffer === 'undefined' ? [] : [getterOf(SharedArrayBuffer.prototype, 'byteLength')]),
];

const TAG_MEMBERS = {
  undefined: [],
  number: ['v'],
  bigint: ['v'],
  date: ['v'],
  arraybuffer: ['blob'],
  view: ['type', 'blob', 'offset', 'length'],
  object: ['entries'],
};

const VIEWS = [
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView',
];

// To ask what all objects inherit.
const EMPTY = {};

// Digits of the longest BigInt that travels: reading takes time that grows with their square.
const BIGINT_DIGITS = 16384;
