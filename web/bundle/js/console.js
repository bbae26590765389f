// The page's console, for a host that listens: each line, and what nobody caught.

// tell(level, message, line, source) may throw, and then the line is not told.
export function watchConsole(page, tell) {
  const { console } = page;
  // Names of the console's methods -> the page's own, while watched.
  let own = null;
  let telling = false;
  let stop;

  // What telling logs itself is not told.
  function told(level, message, line, source) {
    if (telling) return;
    telling = true;
    try {
      tell(level, message, line, source);
    } catch (error) {
      own?.warn.call(console, `exciton: the host is not told of this line (${error})`);
    } finally {
      telling = false;
    }
  }

  return {
    watch(on) {
      if (on === (own !== null)) return;
      if (!on) {
        for (const name of Object.keys(LEVELS)) console[name] = own[name];
        own = null;
        stop();
        return;
      }
      own = {};
      for (const [name, level] of Object.entries(LEVELS)) {
        const method = (own[name] = console[name]);
        console[name] = (...args) => {
          const { line, source } = caller(new Error().stack);
          told(level, args.map(text).join(' '), line, source);
          return method.apply(console, args);
        };
      }
      stop = page.whenUncaught((message, line, source) => told('error', message, line, source));
    },
  };
}

const LEVELS = { debug: 'debug', log: 'info', info: 'info', warn: 'warning', error: 'error' };

// A value as consoles write it at the least.
export function text(value) {
  try {
    if (value instanceof Error) return uncaught(value);
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

// An error with its stack, which holds the message in one engine and not in the others.
export function uncaught(error) {
  const said = String(error);
  const stack = typeof error.stack === 'string' ? error.stack : '';
  return stack.startsWith(said) || stack === '' ? stack || said : `${said}\n${stack.trimEnd()}`;
}

// The place below the method itself.
function caller(stack) {
  const places = [...String(stack).matchAll(/((?:https?|file|blob):[^\s()]*?):(\d+):\d+/g)];
  const place = places[1];
  return place === undefined ? { line: 0, source: '' } : { line: Number(place[2]), source: place[1] };
}
