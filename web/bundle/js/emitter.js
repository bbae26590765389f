// Node's EventEmitter (https://nodejs.org/api/events.html), of which Electron's ipcRenderer is one. Where the two
// could differ, what Node's lib/events.js does is right: order, snapshots while emitting, names, texts.

let defaultMaxListeners = 10;

export class EventEmitter {
  static get defaultMaxListeners() {
    return defaultMaxListeners;
  }

  static set defaultMaxListeners(n) {
    defaultMaxListeners = countOrThrow('defaultMaxListeners', n);
  }

  constructor() {
    // Event name -> array of listeners, never empty. Without a prototype, so that 'toString' is a name like any other.
    hide(this, '_events', Object.create(null));
    hide(this, '_maxListeners', undefined);
  }

  setMaxListeners(n) {
    this._maxListeners = countOrThrow('n', n);
    return this;
  }

  getMaxListeners() {
    return this._maxListeners === undefined ? defaultMaxListeners : this._maxListeners;
  }

  // Returns whether there was a listener. A listener's error goes to the caller, and later listeners aren't called.
  emit(name, ...args) {
    const listeners = this._events[name];
    if (listeners === undefined) {
      if (name === 'error') throw unhandled(args[0]);
      return false;
    }
    // Adding and removing makes a new array, so this one stays as it is while it is walked.
    for (const listener of listeners) Reflect.apply(listener, this, args);
    return true;
  }

  on(name, listener) {
    return add(this, name, listener, false);
  }

  addListener(name, listener) {
    return add(this, name, listener, false);
  }

  prependListener(name, listener) {
    return add(this, name, listener, true);
  }

  once(name, listener) {
    return add(this, name, wrapOnce(this, name, listener), false);
  }

  prependOnceListener(name, listener) {
    return add(this, name, wrapOnce(this, name, listener), true);
  }

  // Removes the listener that was added last, if there are several of it.
  off(name, listener) {
    functionOrThrow(listener);
    const listeners = this._events[name];
    if (listeners === undefined) return this;
    const at = listeners.findLastIndex((each) => each === listener || each.listener === listener);
    if (at < 0) return this;
    const removed = listeners[at];
    if (listeners.length === 1) delete this._events[name];
    else this._events[name] = listeners.filter((_, index) => index !== at);
    // What Node tells here, too, depends on whether the listener was the only one.
    const told = listeners.length === 1 ? (removed.listener ?? removed) : listener;
    if (this._events.removeListener !== undefined) this.emit('removeListener', name, told);
    return this;
  }

  removeListener(name, listener) {
    return this.off(name, listener);
  }

  removeAllListeners(name) {
    if (this._events.removeListener === undefined) {
      if (arguments.length === 0) this._events = Object.create(null);
      else delete this._events[name];
      return this;
    }
    // Somebody wants to hear of each.
    if (arguments.length === 0) {
      for (const each of Reflect.ownKeys(this._events)) {
        if (each !== 'removeListener') this.removeAllListeners(each);
      }
      this.removeAllListeners('removeListener');
      this._events = Object.create(null);
      return this;
    }
    const listeners = this._events[name] ?? [];
    for (let at = listeners.length - 1; at >= 0; at--) this.off(name, listeners[at]);
    return this;
  }

  listeners(name) {
    return (this._events[name] ?? []).map((each) => each.listener ?? each);
  }

  rawListeners(name) {
    return [...(this._events[name] ?? [])];
  }

  listenerCount(name, listener) {
    const listeners = this._events[name] ?? [];
    if (listener === undefined || listener === null) return listeners.length;
    return listeners.filter((each) => each === listener || each.listener === listener).length;
  }

  eventNames() {
    return Reflect.ownKeys(this._events);
  }
}

function add(emitter, name, listener, first) {
  functionOrThrow(listener);
  // Told before it is added, so that a listener for 'newListener' itself isn't told of itself.
  if (emitter._events.newListener !== undefined) {
    emitter.emit('newListener', name, listener.listener ?? listener);
  }
  const before = emitter._events[name] ?? [];
  const now = first ? [listener, ...before] : [...before, listener];
  emitter._events[name] = now;
  // For a class that wants to know.
  emitter._added?.();
  const most = emitter.getMaxListeners();
  if (most > 0 && now.length > most && !before.warned) warnOfLeak(emitter, name, now.length);
  hide(now, 'warned', before.warned || (most > 0 && now.length > most));
  return emitter;
}

function wrapOnce(emitter, name, listener) {
  functionOrThrow(listener);
  let fired = false;
  const wrapped = (...args) => {
    if (fired) return undefined;
    fired = true;
    emitter.off(name, wrapped);
    return Reflect.apply(listener, emitter, args);
  };
  wrapped.listener = listener;
  return wrapped;
}

function hide(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, configurable: true });
}

function warnOfLeak(emitter, name, count) {
  const kind = emitter.constructor.name;
  console.warn(
    `MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ${count} ${String(name)} listeners ` +
      `added to [${kind}]. MaxListeners is ${emitter.getMaxListeners()}. Use emitter.setMaxListeners() to increase limit`,
  );
}

function unhandled(error) {
  if (error instanceof Error) return error;
  const made = withCode(new Error(`Unhandled error. (${describe(error)})`), 'ERR_UNHANDLED_ERROR');
  made.context = error;
  return made;
}

function functionOrThrow(listener) {
  if (typeof listener === 'function') return;
  const text = `The "listener" argument must be of type function. Received ${received(listener)}`;
  throw withCode(new TypeError(text), 'ERR_INVALID_ARG_TYPE');
}

function countOrThrow(name, n) {
  if (typeof n === 'number' && n >= 0) return n;
  const text = `The value of "${name}" is out of range. It must be a non-negative number. Received ${describe(n)}`;
  throw withCode(new RangeError(text), 'ERR_OUT_OF_RANGE');
}

export function withCode(error, code) {
  error.code = code;
  return error;
}

// How Node's errors name a value of the wrong type.
export function received(value) {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : 'an object';
  }
  return `type ${typeof value} (${describe(value)})`;
}

function describe(value) {
  if (typeof value === 'string') return `'${value.length > 28 ? `${value.slice(0, 25)}...` : value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}
