// What an object is, told by what is built into it and not by what anyone may have put on it.

import { ObjectPrototype, attempt, getterOf, has, ownProperty, prototypeOf } from './objects.js';

const { toString: tagOf } = ObjectPrototype;
const { toString: sourceOf } = Function.prototype;

// Whether structured clone sees nothing but an object's own properties. By the prototypes, because objects of other
// realms have others; not by Symbol.toStringTag alone, which anyone can set.
export function isPlain(value) {
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
  return Symbol.toStringTag in value && builtinOf(value) === undefined;
}

// The name of what is built into an object; undefined for all that has no brand here, platform objects among it.
export function builtinOf(value) {
  const hint = tagOf.call(value).slice(8, -1);
  if (has(BRANDS, hint) && attempt(BRANDS[hint], value) !== undefined) return hint;
  for (const name of BRAND_NAMES) {
    if (name !== hint && attempt(BRANDS[name], value) !== undefined) return name;
  }
  return undefined;
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

// A DOMException is made like an error, but is the browser's.
function errorBrand() {
  if (exceptionCode !== null && attempt(exceptionCode, this) !== undefined) return undefined;
  if (typeof isError === 'function') return isError(this) ? true : undefined;
  if (Symbol.toStringTag in this) return this instanceof Error && has(this, 'stack') ? true : undefined;
  return tagOf.call(this) === '[object Error]' ? true : undefined;
}

// What the objects with a prototype are: built in; or plain, whether or not a tag hides what is inside of them. Each
// prototype is asked once, so that an object of a class costs little more than a literal.
const BUILTIN = 'built in';
const TAGGED = 'tagged';
const UNTAGGED = 'untagged';
const prototypes = new WeakMap();

const { isError } = Error;
const exceptionCode = getterOf(DOMException.prototype, 'code');
const { has: weakMapHas } = WeakMap.prototype;
const { has: weakSetHas } = WeakSet.prototype;

// Methods that throw for objects of any other kind, and return something for theirs.
export const BRANDS = {
  __proto__: null,
  Date: Date.prototype.getTime,
  ArrayBuffer: getterOf(ArrayBuffer.prototype, 'byteLength'),
  Map: getterOf(Map.prototype, 'size'),
  Set: getterOf(Set.prototype, 'size'),
  RegExp: getterOf(RegExp.prototype, 'source'),
  Error: errorBrand,
  Number: Number.prototype.valueOf,
  String: String.prototype.valueOf,
  Boolean: Boolean.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf,
  WeakMap() { return weakMapHas.call(this, this); },
  WeakSet() { return weakSetHas.call(this, this); },
};
if (typeof SharedArrayBuffer !== 'undefined') {
  BRANDS.SharedArrayBuffer = getterOf(SharedArrayBuffer.prototype, 'byteLength');
}
const BRAND_NAMES = Object.keys(BRANDS);
