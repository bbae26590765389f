// The language's own functions, as they were before the page could change them, and small things that they lack.

export const { isArray } = Array;
export const { isView } = ArrayBuffer;
export const { keys: keysOf, getPrototypeOf: prototypeOf, getOwnPropertyDescriptor: ownProperty, prototype: ObjectPrototype } = Object;
const { hasOwnProperty: hasOwn } = ObjectPrototype;

export function has(object, key) {
  return hasOwn.call(object, key);
}

// Sets a property as JSON.parse does: not by =, which would call a setter, that of __proto__ or one that the page has made.
export function define(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

export function getterOf(prototype, key) {
  const property = ownProperty(prototype, key);
  return property === undefined ? null : property.get;
}

// What a method returns, undefined if it isn't for this object.
export function attempt(method, value) {
  try {
    return method.call(value);
  } catch {
    return undefined;
  }
}

export function isNatural(number) {
  return Number.isSafeInteger(number) && number >= 0 && !Object.is(number, -0);
}

// The array index that a key is, or -1.
export function indexOf(key) {
  const index = key >>> 0;
  return index !== 4294967295 && String(index) === key ? index : -1;
}

// The errors that structured clone tells apart; all others become the first.
export const ERRORS = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];
