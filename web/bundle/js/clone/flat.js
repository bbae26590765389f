// From a value to a copy that JSON.stringify writes as its wire text.

import { blobOf, flatView } from './buffers.js';
import { BIGINT_DIGITS, tooDeep, tooManyDigits, uncloneable } from './errors.js';
import { FLAT } from './flat_builtin.js';
import { copyOf, mark, refer, remember, replace } from './identity.js';
import { BRANDS, builtinOf, isPlain } from './kinds.js';
import { define, has, indexOf, isArray, isView, keysOf } from './objects.js';

// One walk over values that may be nested `depth` levels deep.
class Walk {
  constructor(depth) {
    this.depth = depth;
    this.level = 0;
    this.shield = 'toJSON' in Array.prototype;
    // The buffers met, and copies of them.
    this.buffers = null;
    this.blobs = null;
    // Objects met, each followed by its copy; a Map of them once they are many; and what refers to one of them.
    this.few = [];
    this.many = null;
    this.references = null;
  }
}

// A copy of the list, and the blobs that it names, or null.
export function flatList(list, depth) {
  const walk = new Walk(depth);
  let copy = shielded(new Array(list.length), walk);
  for (let i = 0; i < list.length; i++) copy[i] = flat(list[i], walk);
  if (walk.references !== null) copy = mark(copy, walk, (tag) => shielded(tag, walk));
  return { copy, blobs: walk.blobs };
}

// Whether JSON has the value, and it is no object.
function isItself(value) {
  const type = typeof value;
  if (type === 'number') return value - value === 0 && (value !== 0 || 1 / value > 0);
  return type === 'string' || type === 'boolean' || value === null;
}

function flat(value, walk) {
  if (isItself(value)) return value;
  switch (typeof value) {
    case 'number':
      return shielded({ $: 'number', v: value === 0 ? '-0' : String(value) }, walk);
    case 'undefined':
      // document.all says that it is undefined.
      if (value !== undefined) throw uncloneable();
      return shielded({ $: 'undefined' }, walk);
    case 'bigint':
      return shielded({ $: 'bigint', v: digits(value) }, walk);
    case 'object':
      return flatObject(value, walk);
    default:
      throw uncloneable();
  }
}

function flatObject(value, walk) {
  if (copyOf(value, walk) !== undefined) return shielded(refer(value, walk), walk);
  if (isArray(value)) return flatArray(value, walk);
  if (isView(value)) return remember(value, shielded(flatView(value, walk), walk), walk);
  if (!isPlain(value)) return flatBuiltin(value, walk);
  enter(walk);
  const keys = keysOf(value);
  // Engines copy an object as a whole in half the time that its members take, unless they keep it as a table.
  const isTable = keys.length > MOST_FIELDS;
  const copy = remember(value, isTable ? {} : { ...value }, walk);
  const source = isTable ? value : copy;
  let escaped = false;
  for (const key of keys) {
    const member = source[key];
    // A getter before this one may have deleted it.
    if (member === undefined && !has(source, key)) continue;
    if (key === '$') escaped = true;
    // What all objects inherit may be a setter (__proto__ is one), or frozen.
    if (isTable && key in EMPTY) define(copy, key, flat(member, walk));
    else if (isTable || !isItself(member)) copy[key] = flat(member, walk);
  }
  walk.level -= 1;
  if (!escaped) return shielded(copy, walk);
  return replace(value, shielded({ $: 'object', entries: entriesOf(copy, walk) }, walk), walk);
}

function flatArray(value, walk) {
  const { length } = value;
  const keys = keysOf(value);
  // Indexes come first: if the last of so many keys is the last index, all are indexes.
  if (keys.length !== length || (length > 0 && keys[length - 1] !== String(length - 1))) {
    return flatSparse(value, length, keys, walk);
  }
  enter(walk);
  const copy = remember(value, shielded(new Array(length), walk), walk);
  let holes = false;
  for (let i = 0; i < length; i++) {
    const item = value[i];
    // A getter before this one may have deleted it.
    if (item === undefined && !has(value, i)) holes = true;
    else copy[i] = flat(item, walk);
  }
  walk.level -= 1;
  return holes ? replace(value, sparse(length, entriesOf(copy, walk), walk), walk) : copy;
}

// An array with holes, or with names beside its items.
function flatSparse(value, length, keys, walk) {
  enter(walk);
  const entries = shielded([], walk);
  const copy = remember(value, sparse(length, entries, walk), walk);
  for (const key of keys) {
    // Only what pretends to be an array has such keys.
    if (key === 'length' || !(length >= 0 && length < 2 ** 32) || indexOf(key) >= length) throw uncloneable();
    const item = value[key];
    if (item !== undefined || has(value, key)) entries.push(shielded([key, flat(item, walk)], walk));
  }
  walk.level -= 1;
  return copy;
}

function sparse(length, entries, walk) {
  return shielded({ $: 'array', length, entries }, walk);
}

function flatBuiltin(value, walk) {
  const brand = builtinOf(value);
  switch (brand) {
    case 'ArrayBuffer':
      return shielded({ $: 'arraybuffer', blob: blobOf(value, walk) }, walk);
    case 'Date':
    case 'RegExp':
      return remember(value, shielded(FLAT[brand](value), walk), walk);
    case 'Number':
    case 'String':
    case 'Boolean':
    case 'BigInt':
      return remember(value, shielded({ $: 'boxed', v: flat(BRANDS[brand].call(value), walk) }, walk), walk);
    case 'Map':
    case 'Set':
    case 'Error':
      return flatContainer(value, brand, walk);
    default:
      throw uncloneable();
  }
}

function flatContainer(value, brand, walk) {
  enter(walk);
  // The tag with nothing in it yet, and what comes into it.
  const { tag, list, values } = FLAT[brand](value);
  if (list !== null) shielded(list, walk);
  remember(value, shielded(tag, walk), walk);
  for (const [index, member] of values.entries()) {
    const copy = flat(member, walk);
    if (brand === 'Set') list.push(copy);
    else if (brand === 'Error') define(tag, 'cause', copy);
    else if (index % 2 === 0) list.push(shielded([copy], walk));
    else list[list.length - 1].push(copy);
  }
  walk.level -= 1;
  return tag;
}

// Goes a level down. The level is left by who came.
function enter(walk) {
  if (walk.level >= walk.depth) throw tooDeep(walk.level + 1, walk.depth);
  walk.level += 1;
}

function digits(number) {
  const text = String(number);
  const count = text.length - (number < 0n);
  if (count > BIGINT_DIGITS) throw tooManyDigits(count);
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

// An object with more is a table in V8, and so is its copy.
const MOST_FIELDS = 100;

// To ask what all objects inherit.
const EMPTY = {};
