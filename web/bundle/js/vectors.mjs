// Reads the golden vectors (protocol/vectors/values.json, parsed) in JavaScript, in a page or anywhere else.

import { decode, encode } from './clone.js';

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
  same(read, expected, 'read', new Map());

  const written = encode([expected]);
  const text = written.text.slice(1, -1);
  const again = decode(JSON.parse(text), written.blobs, DEPTH);
  same(again, expected, 'written and read', new Map());
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

function build(described, buffers) {
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
      return new Date(described.ms === null ? NaN : described.ms);
    case 'arraybuffer':
      return buffers[described.buffer];
    case 'view':
      return new globalThis[described.type](buffers[described.buffer], described.offset, described.length);
    case 'array':
      return described.items.map((item) => build(item, buffers));
    case 'object':
      return object(described.entries.map(([key, value]) => [string(key), build(value, buffers)]));
    case 'nested': {
      let value = build(described.inner, buffers);
      for (let i = 0; i < described.depth; i++) value = described.key ? object([[described.key, value]]) : [value];
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
function object(entries) {
  const made = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return made;
}

// buffers: which buffer of `is` stands for which of `should`.
function same(is, should, where, buffers) {
  const differ = (what) => new Error(`${where}: ${what}`);
  if (typeof should !== 'object' || should === null) {
    if (!Object.is(is, should)) throw differ(`is ${String(is)}, should be ${String(should)}`);
    return;
  }
  if (typeof is !== 'object' || is === null) throw differ(`is ${String(is)}, should be an object`);
  if (Object.getPrototypeOf(is) !== Object.getPrototypeOf(should)) throw differ('is of another type');
  if (should instanceof Date) {
    same(is.getTime(), should.getTime(), where, buffers);
  } else if (should instanceof ArrayBuffer) {
    if (buffers.has(should) && buffers.get(should) !== is) throw differ('is not the buffer that it was before');
    if ([...buffers].some(([known, other]) => other === is && known !== should)) throw differ('is shared');
    buffers.set(should, is);
    if (hex(new Uint8Array(is)) !== hex(new Uint8Array(should))) throw differ('has other bytes');
  } else if (ArrayBuffer.isView(should)) {
    same(is.byteOffset, should.byteOffset, `${where}.byteOffset`, buffers);
    same(is.byteLength, should.byteLength, `${where}.byteLength`, buffers);
    same(is.buffer, should.buffer, `${where}.buffer`, buffers);
  } else {
    const keys = Object.keys(should);
    if (Object.keys(is).join() !== keys.join()) throw differ(`has keys ${Object.keys(is)}, should have ${keys}`);
    const inside = where.length < 100 ? (key) => `${where}.${key}` : () => where;
    for (const key of keys) same(is[key], should[key], inside(key), buffers);
  }
}

function bytes(hexDigits) {
  return Uint8Array.from(hexDigits.match(/../g) || [], (pair) => parseInt(pair, 16));
}

function hex(array) {
  return Array.from(array, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const DEPTH = 1000;
