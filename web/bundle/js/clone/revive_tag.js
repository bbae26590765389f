// From tags to what they stand for.

import { BIGINT_DIGITS, WireError, tooManyDigits } from './errors.js';
import { ERRORS, define, has, indexOf, isArray, isNatural, isView } from './objects.js';

// Members that each tag has beside its name; those in TAG_OPTIONS may be missing.
const TAG_MEMBERS = {
  __proto__: null,
  undefined: [],
  number: ['v'],
  bigint: ['v'],
  date: ['v'],
  arraybuffer: ['blob'],
  view: ['type', 'blob', 'offset', 'length'],
  regexp: ['source', 'flags'],
  ref: ['v'],
  def: ['v'],
  boxed: ['v'],
  object: ['entries'],
  array: ['length', 'entries'],
  map: ['entries'],
  set: ['values'],
  error: ['name', 'message', 'stack', 'cause'],
};
const TAG_OPTIONS = ['message', 'stack', 'cause'];

// If the object stands in a def, it is known from now on, also to what is in it.
export function met(object, context) {
  if (context.slot >= 0) {
    context.shared[context.slot] = object;
    context.slot = -1;
  }
  return object;
}

// keys: those of the tag. context: {blobs, buffers, shared, slot: of the def that the tag stands in or -1, revive, descend}.
export function reviveTag(tag, keys, context, level) {
  const name = tag.$;
  const bad = (what) => new WireError('tag', `tag ${JSON.stringify(name)}: ${what}`);
  const expected = typeof name === 'string' ? TAG_MEMBERS[name] : undefined;
  if (expected === undefined) throw bad('there is no such tag');
  if (!isComplete(tag, name, keys, expected)) throw bad('it has not the members that it should have');
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
    case 'arraybuffer':
      if (!isNatural(tag.blob)) throw bad('blob is an index');
      return bufferOf(tag.blob, context);
    case 'ref':
      if (!isNatural(v) || context.shared[v] === undefined) throw bad('v is the number of what began before');
      return context.shared[v];
    case 'def':
      return reviveShared(v, context, level, bad);
    case 'date':
      if (v !== null && typeof v !== 'number') throw bad('v is milliseconds or null');
      return met(new Date(v === null ? NaN : v), context);
    case 'view':
      return met(reviveView(tag, context, bad), context);
    case 'regexp':
      return met(reviveRegExp(tag, bad), context);
    case 'boxed':
      return met(reviveBoxed(v, context, level, bad), context);
    default:
      context.descend(context, level);
      return CONTAINERS[name](tag, context, level + 1, bad);
  }
}

// Members that hold others stand in the order in which they are to be read.
function isComplete(tag, name, keys, expected) {
  if (name === 'error') {
    let at = 1;
    for (const key of expected) {
      if (keys[at] === key) at += 1;
      else if (!TAG_OPTIONS.includes(key)) return false;
    }
    return at === keys.length;
  }
  if (keys.length - 1 !== expected.length) return false;
  if (name === 'array') return keys[1] === 'length' && keys[2] === 'entries';
  return expected.every((key) => has(tag, key));
}

function reviveShared(data, context, level, bad) {
  const name = typeof data !== 'object' || data === null ? 'nothing' : isArray(data) ? '' : data.$;
  if (['nothing', 'undefined', 'number', 'bigint', 'arraybuffer', 'ref', 'def'].includes(name)) throw bad('v is an object');
  context.slot = context.shared.length;
  context.shared.push(undefined);
  return context.revive(data, context, level);
}

const CONTAINERS = {
  object({ entries }, context, level, bad) {
    if (!isArray(entries)) throw bad('entries is a list');
    const object = met({}, context);
    for (const entry of entries) reviveEntry(object, entry, context, level, bad);
    return object;
  },

  array({ length, entries }, context, level, bad) {
    if (!isNatural(length) || length >= 2 ** 32) throw bad('length is a whole number below 2^32');
    if (!isArray(entries)) throw bad('entries is a list');
    const array = met([], context);
    array.length = length;
    for (const entry of entries) {
      if (isArray(entry) && (entry[0] === 'length' || indexOf(entry[0]) >= length)) throw bad('an index past the length');
      reviveEntry(array, entry, context, level, bad);
    }
    return array;
  },

  map({ entries }, context, level, bad) {
    if (!isArray(entries)) throw bad('entries is a list');
    const map = met(new Map(), context);
    for (const entry of entries) {
      if (!isArray(entry) || entry.length !== 2) throw bad('an entry has a key and a value');
      const key = context.revive(entry[0], context, level);
      if (hasKey.call(map, key)) throw bad('a key that comes twice');
      setKey.call(map, key, context.revive(entry[1], context, level));
    }
    return map;
  },

  set({ values }, context, level, bad) {
    if (!isArray(values)) throw bad('values is a list');
    const set = met(new Set(), context);
    for (const item of values) {
      const value = context.revive(item, context, level);
      if (hasValue.call(set, value)) throw bad('a value that comes twice');
      addValue.call(set, value);
    }
    return set;
  },

  error(tag, context, level, bad) {
    if (!ERRORS.includes(tag.name)) throw bad('there is no such kind of error');
    for (const key of ['message', 'stack']) {
      if (has(tag, key) && typeof tag[key] !== 'string') throw bad(`${key} is text`);
    }
    const error = met(new globalThis[tag.name](), context);
    if (has(tag, 'message')) setHidden(error, 'message', tag.message);
    // That of here would say that this file had made it.
    setHidden(error, 'stack', has(tag, 'stack') ? tag.stack : undefined);
    if (has(tag, 'cause')) setHidden(error, 'cause', context.revive(tag.cause, context, level));
    return error;
  },
};

function reviveEntry(object, entry, context, level, bad) {
  if (!isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string') throw bad('an entry has a key and a value');
  define(object, entry[0], context.revive(entry[1], context, level));
}

function setHidden(error, key, value) {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}

function reviveBigInt(text) {
  const count = text.length - (text[0] === '-');
  if (count > BIGINT_DIGITS) throw tooManyDigits(count);
  return BigInt(text);
}

function reviveRegExp({ source, flags }, bad) {
  if (typeof source !== 'string' || typeof flags !== 'string') throw bad('source and flags are text');
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw bad(error.message);
  }
}

function reviveBoxed(v, context, level, bad) {
  const isTag = typeof v === 'object' && v !== null && ['number', 'bigint'].includes(v.$);
  if (!isTag && !['number', 'string', 'boolean'].includes(typeof v)) throw bad('v is a number, text, a boolean or a BigInt');
  return Object(context.revive(v, context, level));
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
    throw new WireError('view', `a ${type} of length ${length} at ${offset} does not fit ${buffer.byteLength} bytes`);
  }
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

const { has: hasKey, set: setKey } = Map.prototype;
const { has: hasValue, add: addValue } = Set.prototype;

const VIEWS = [
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView',
];
