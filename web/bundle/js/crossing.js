// What contextBridge lets across, and as what. Source: Electron's documentation of contextBridge (its table of types) and
// its behaviour where that says more: a value that crosses becomes another one, nobody's prototype but the built-in
// ones comes along, functions become functions that let their arguments and their result across in turn.
//
// Electron has two worlds, with two of each built-in prototype; here both sides live in one.

// One side of the bridge: to[PAGE] is the way from the preload script to the page.
export const PRELOAD = 0;
export const PAGE = 1;

// The value as the side `to` gets it. `seen` holds what this crossing has made, so that cycles and shared objects stay so.
export function cross(value, to, seen = new Map(), depth = 0) {
  if (depth >= MAX_DEPTH) throw new TypeError(TOO_DEEP);
  // Symbols cross as what they are, like all primitives.
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = (made) => {
    seen.set(value, made);
    return made;
  };
  if (typeof value === 'function') return keep(proxied(value, to));
  const kind = brandOf(value);
  if (kind === 'Promise' && value instanceof Promise) return keep(promised(value, to));
  if (kind === 'Error' || kind === 'DOMException') return copiedError(value);
  if (Array.isArray(value)) {
    const copy = keep([]);
    for (let i = 0; i < value.length; i++) put(copy, i, cross(value[i], to, seen, depth + 1));
    return copy;
  }
  if (isShared(value)) return value;
  if (CLONED.test(kind)) return keep(cloned(value));
  const copy = keep({});
  for (const key of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    // What a getter gives now is what crosses. Two levels each, as Electron counts.
    if (property?.enumerable) put(copy, key, cross(value[key], to, seen, depth + 2));
  }
  return copy;
}

// Freezes what was exposed, with all that it holds. Whoever it was made for has nothing else to lose.
export function freezeDeep(value, frozen = new Set()) {
  const fixed = ArrayBuffer.isView(value) || isShared(value) || frozen.has(value);
  if (fixed || value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  frozen.add(value);
  for (const key of Reflect.ownKeys(value)) freezeDeep(value[key], frozen);
  return Object.freeze(value);
}

// Proxy -> {original, to}, to find the original again when it goes home.
const proxies = new WeakMap();

function proxied(original, to) {
  const from = 1 - to;
  const known = proxies.get(original);
  if (known !== undefined && known.to === from) return known.original;
  const proxy = (...args) => {
    const seen = new Map();
    const given = args.map((arg) => cross(arg, from, seen));
    let result;
    try {
      // Without `this`: it would be an object of the other side.
      result = Reflect.apply(original, undefined, given);
    } catch (error) {
      throw thrownError(error);
    }
    return cross(result, to, new Map());
  };
  proxies.set(proxy, { original, to });
  return proxy;
}

function promised(promise, to) {
  return new Promise((resolve, reject) => {
    const settle = (how) => (value) => {
      try {
        how(cross(value, to));
      } catch (error) {
        reject(error);
      }
    };
    promise.then(settle(resolve), settle(reject));
  });
}

// What a function of the other side threw.
function thrownError(error) {
  if (typeof error === 'object' && error !== null && typeof error.message === 'string') return copiedError(error);
  return new Error(NO_ERROR);
}

// Message and stack; what else the error had is lost, its class included.
function copiedError({ message, stack }) {
  const copy = new Error(typeof message === 'string' ? message : String(message));
  if (typeof stack === 'string') Object.defineProperty(copy, 'stack', { value: stack, writable: true, configurable: true });
  return copy;
}

function cloned(value) {
  try {
    return structuredClone(value);
  } catch {
    throw new Error('An object could not be cloned.');
  }
}

// The DOM is one for both sides, in Electron too.
function isShared(value) {
  const is = (name) => typeof globalThis[name] === 'function' && value instanceof globalThis[name];
  return is('Element') || is('Blob') || is('VideoFrame');
}

function brandOf(value) {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function put(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

// What is no plain object to Electron, and is cloned or can't be.
const CLONED =
  /^(Date|RegExp|Boolean|Number|String|Symbol|BigInt|Arguments|Map|Set|WeakMap|WeakSet|WeakRef|Promise|DataView|(Map|Set) Iterator|(Shared)?ArrayBuffer|(Big)?(Ui|I)nt\d+(Clamped)?Array|Float\d+Array|Module)$/;
const MAX_DEPTH = 1000;
const TOO_DEEP = 'Electron contextBridge recursion depth exceeded.  Nested objects deeper than 1000 are not supported.';
const NO_ERROR =
  'An unknown exception occurred in the isolated context, an error occurred but a valid exception was not thrown.';
