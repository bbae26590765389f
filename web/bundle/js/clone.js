// Values to and from the wire's JSON, by structured clone's rules.

const ERROR = 'An object could not be cloned.';

// The arguments as a JSON array's text, and the ArrayBuffers (copies) that it names by index, or null.
export function encode(args, depth = 1000) {
  const blobs = [];
  const walk = { blobs, buffers: null, depth };
  const copy = args.map((arg) => flat(arg, walk, 0));
  return { text: stringify(copy), blobs: blobs.length > 0 ? blobs : null };
}

// The value that JSON data with tags stands for. It may change the data on the way.
export function decode(data, blobs) {
  return revive(data, { blobs: blobs ?? [], buffers: [] });
}

function flat(value, walk, level) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return value - value === 0 && (value !== 0 || 1 / value > 0) ? value : numberTag(value);
    case 'undefined':
      return { $: 'undefined' };
    case 'bigint':
      return { $: 'bigint', v: String(value) };
    case 'object':
      return value === null ? null : flatObject(value, walk, level + 1);
    default:
      throw uncloneable();
  }
}

function flatObject(value, walk, level) {
  if (level > walk.depth) throw uncloneable(`It is nested more than ${walk.depth} levels deep, or in itself.`);
  if (Array.isArray(value)) return flatArray(value, walk, level);
  if (!isPlain(value)) return flatBuiltin(value, walk);
  const out = {};
  let escaped = false;
  for (const key of Object.keys(value)) {
    const member = value[key];
    // A getter before this one may have deleted it.
    if (member === undefined && !Object.hasOwn(value, key)) continue;
    const flatMember = flat(member, walk, level);
    if (key === '$') escaped = true;
    if (key === '__proto__') define(out, key, flatMember);
    else out[key] = flatMember;
  }
  return escaped ? { $: 'object', entries: Object.entries(out) } : out;
}

function flatArray(value, walk, level) {
  const length = value.length;
  if (Object.keys(value).length !== length) throw uncloneable('It is an array with holes or names.');
  const out = new Array(length);
  for (let i = 0; i < length; i++) out[i] = flat(value[i], walk, level);
  return out;
}

function flatBuiltin(value, walk) {
  if (ArrayBuffer.isView(value)) {
    const type = viewType(value);
    const length = type === 'DataView' ? value.byteLength : value.length;
    return { $: 'view', type, blob: blobOf(value.buffer, walk), offset: value.byteOffset, length };
  }
  const time = dateOf(value);
  if (time !== null) return { $: 'date', v: Number.isNaN(time) ? null : time };
  return { $: 'arraybuffer', blob: blobOf(value, walk) };
}

// The index of a buffer's copy. What the page does to the buffer afterwards is not sent.
function blobOf(buffer, walk) {
  walk.buffers ??= new Map();
  let index = walk.buffers.get(buffer);
  if (index === undefined) {
    index = walk.blobs.length;
    walk.buffers.set(buffer, index);
    walk.blobs.push(copyOf(buffer));
  }
  return index;
}

function copyOf(buffer) {
  try {
    // Throws for what isn't an ArrayBuffer, for shared memory and for a detached one.
    return new Uint8Array(sliceBuffer.call(buffer, 0));
  } catch {
    throw uncloneable();
  }
}

function dateOf(value) {
  try {
    return getTime.call(value);
  } catch {
    return null;
  }
}

function viewType(view) {
  return typeTag.call(view) ?? 'DataView';
}

// Whether structured clone sees nothing but an object's own properties. What is built in has a native constructor
// somewhere on its chain of prototypes; the chain's last is Object.prototype, of this realm or another.
function isPlain(value) {
  const proto = Object.getPrototypeOf(value);
  if (proto === Object.prototype || proto === null) return true;
  let plain = seen.get(proto);
  if (plain === undefined) {
    plain = true;
    for (let at = proto, up; (up = Object.getPrototypeOf(at)) !== null; at = up) {
      if (isNative(Object.getOwnPropertyDescriptor(at, 'constructor')?.value)) plain = false;
    }
    seen.set(proto, plain);
  }
  return plain;
}

function isNative(constructor) {
  return typeof constructor === 'function' && /\{\s*\[native code\]\s*\}\s*$/.test(sourceOf.call(constructor));
}

function numberTag(value) {
  return { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
}

function uncloneable(detail) {
  return new DOMException(detail === undefined ? ERROR : `${ERROR} ${detail}`, 'DataCloneError');
}

function define(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

// Libraries give arrays a toJSON; structured clone knows none.
function stringify(copy) {
  if ([].toJSON === undefined && {}.toJSON === undefined) return JSON.stringify(copy);
  return write(copy);
}

function write(copy) {
  if (copy === null || typeof copy !== 'object') return JSON.stringify(copy);
  if (Array.isArray(copy)) return `[${copy.map(write).join(',')}]`;
  return `{${Object.keys(copy).map((key) => `${JSON.stringify(key)}:${write(copy[key])}`).join(',')}}`;
}

function revive(data, context) {
  if (data === null || typeof data !== 'object') return data;
  if (Array.isArray(data)) {
    for (let i = 0; i < data.length; i++) data[i] = revive(data[i], context);
    return data;
  }
  if (Object.hasOwn(data, '$')) return reviveTag(data, context);
  for (const key of Object.keys(data)) {
    const member = revive(data[key], context);
    if (key === '__proto__') define(data, key, member);
    else data[key] = member;
  }
  return data;
}

function reviveTag(tag, context) {
  switch (tag.$) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(tag.v);
    case 'bigint':
      return BigInt(tag.v);
    case 'date':
      return new Date(tag.v ?? NaN);
    case 'arraybuffer':
      return bufferOf(tag.blob, context);
    case 'view':
      return new VIEWS[tag.type](bufferOf(tag.blob, context), tag.offset, tag.length);
    case 'object': {
      const object = {};
      for (const [key, value] of tag.entries) define(object, key, revive(value, context));
      return object;
    }
    default:
      throw new TypeError(`exciton: the value's tag '${tag.$}' is unknown to this page`);
  }
}

// Each blob is one buffer, however many views it has.
function bufferOf(index, context) {
  const blob = context.blobs[index];
  if (blob === undefined) throw new RangeError(`exciton: binary ${index} is named, but did not come along`);
  context.buffers[index] ??= blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.byteLength);
  return context.buffers[index];
}

const seen = new WeakMap();
const sourceOf = Function.prototype.toString;
const getTime = Date.prototype.getTime;
const sliceBuffer = ArrayBuffer.prototype.slice;
const typeTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const VIEWS = Object.fromEntries(
  [
    'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
    'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView',
  ]
    .filter((name) => name in globalThis)
    .map((name) => [name, globalThis[name]]),
);
