// Reads the golden vectors (protocol/vectors/values.json, parsed) in JavaScript, in a page or anywhere else.

import { decode, encode } from './clone.js';
import { difference } from './same.mjs';

// Returns {passed, failures: [text]}: what the vectors say and clone.js doesn't do, a line for each row.
export function run(vectors) {
  const rows = [...vectors.values.map((row) => [row, valueRow]), ...vectors.refusals.map((row) => [row, refusalRow])];
  const failures = [];
  for (const [row, check] of rows) {
    try {
      check(row);
    } catch (error) {
      failures.push(`${row.name}: ${error.message.slice(0, 300)}`);
    }
  }
  return { passed: rows.length - failures.length, failures };
}

function valueRow(row) {
  const read = decode(JSON.parse(row.text), row.blobs.map(bytes), DEPTH);
  const expected = build(row.value, row.blobs.map((blob) => bytes(blob).buffer));
  same(read, expected, 'read');

  const written = encode([expected]);
  const text = written.text.slice(1, -1);
  const again = decode(JSON.parse(text), written.blobs, DEPTH);
  same(again, expected, 'written and read');
  if (row.reads) return;
  const blobs = (written.blobs || []).map(hex);
  if (text !== row.text) throw new Error(`written ${text}`);
  if (blobs.join() !== row.blobs.join()) throw new Error(`written with ${blobs.join()}`);
}

function refusalRow(row) {
  let value;
  try {
    value = decode(JSON.parse(row.text), row.blobs.map(bytes), DEPTH);
  } catch (error) {
    const kind = kindOf(error);
    if (kind === row.error) return;
    throw new Error(`refused as ${kind}: ${error.message}`);
  }
  throw new Error(`read as ${typeof value}`);
}

function kindOf(error) {
  if (error instanceof SyntaxError) return 'syntax';
  if (error.name === 'LimitError') return error.limit === DEPTH ? 'depth' : 'bigint';
  return error.kind;
}

// known: the objects of the row that are met again, by their ids.
function build(described, buffers, known = new Map()) {
  const inner = (value) => build(value, buffers, known);
  const made = (object) => {
    if (described.id !== undefined) known.set(described.id, object);
    return object;
  };
  switch (described.is) {
    case 'undefined':
      return undefined;
    case 'null':
      return null;
    case 'bool':
      return described.value;
    case 'number':
      return new DataView(bytes(described.bits).buffer).getFloat64(0);
    case 'bigint':
      return BigInt(described.digits);
    case 'string':
      return string(described);
    case 'date':
      return made(new Date(described.ms === null ? NaN : described.ms));
    case 'regexp':
      return made(new RegExp(described.source, described.flags));
    case 'boxed':
      return made(Object(inner(described.value)));
    case 'arraybuffer':
      return buffers[described.buffer];
    case 'view':
      return made(new globalThis[described.type](buffers[described.buffer], described.offset, described.length));
    case 'array': {
      const array = made([]);
      for (const item of described.items) array.push(inner(item));
      return array;
    }
    case 'object':
      return fill(made({}), described.entries.map(([key, value]) => [string(key), () => inner(value)]));
    case 'sparse': {
      const array = made([]);
      array.length = described.length;
      return fill(array, described.entries.map(([key, value]) => [string(key), () => inner(value)]));
    }
    case 'map': {
      const map = made(new Map());
      for (const [key, value] of described.entries) map.set(inner(key), inner(value));
      return map;
    }
    case 'set': {
      const set = made(new Set());
      for (const value of described.values) set.add(inner(value));
      return set;
    }
    case 'error': {
      const error = made(new globalThis[described.name]());
      const hide = (key, value) => Object.defineProperty(error, key, { value, writable: true, configurable: true });
      if ('message' in described) hide('message', described.message);
      hide('stack', described.stack);
      if ('cause' in described) hide('cause', inner(described.cause));
      return error;
    }
    case 'def':
      return build({ ...described.value, id: described.id }, buffers, known);
    case 'ref':
      return known.get(described.id);
    case 'nested': {
      let value = inner(described.inner);
      for (let i = 0; i < described.depth; i++) {
        const last = value;
        value = described.key ? fill({}, [[described.key, () => last]]) : [last];
      }
      return value;
    }
    default:
      throw new Error(`the vectors describe a ${described.is}`);
  }
}

function string({ text, units }) {
  if (units === undefined) return text;
  return String.fromCharCode(...units.match(/.{4}/g).map((unit) => parseInt(unit, 16)));
}

// Own properties, __proto__ among them.
function fill(object, entries) {
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value: value(), writable: true, enumerable: true, configurable: true });
  }
  return object;
}

function same(is, should, what) {
  const found = difference(is, should);
  if (found !== null) throw new Error(`${what}${found}`);
}

function bytes(hexDigits) {
  return Uint8Array.from(hexDigits.match(/../g) || [], (pair) => parseInt(pair, 16));
}

function hex(array) {
  return Array.from(array, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const DEPTH = 1000;
