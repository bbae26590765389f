// What window.js needs of the browser; tests bring their own.

import { uncaught } from './console.js';
import { pageClock } from './clock.js';

const EXECUTE = Symbol.for('exciton.execute');

// One with a text runs at once.
export function addScript(properties) {
  const script = Object.assign(document.createElement('script'), properties);
  document.documentElement.append(script);
  return script;
}

// base: the URL below which the host's pages are, with a slash at its end.
export function browserPage(base) {
  // In this scope and with this name an eval would see ours: called by another name it sees the global scope.
  const globalEval = eval;
  // Of the renderer's own tag: scripts that have it run where eval doesn't.
  const nonce = document.querySelector('script[nonce]')?.nonce;
  let hear;
  // Before the page's own listeners. The browser's window knows no capturing.
  addEventListener('error', (event) => hear?.(event));

  // heard: who is told of errors meanwhile.
  function insert(text, heard) {
    hear = heard;
    addScript({ nonce, text }).remove();
    hear = undefined;
  }

  return {
    console,
    report: pageClock.report,
    url: () => location.href,
    title: () => document.title,
    setTitle(text) {
      document.title = text;
    },

    // runner: execute.js, for pages with a nonce.
    evaluate(code, runner) {
      if (nonce) insert(runner);
      return (globalThis[EXECUTE] ?? globalEval)(code, insert);
    },

    navigate: (path) => location.assign(new URL(path, base)),
    reload: () => location.reload(),
    focus: () => window.focus(),

    // A tab that no program opened can't be closed by one.
    close() {
      window.close();
      if (!window.closed) location.replace(new URL('_exciton/closed', base));
    },

    whenParsed(then) {
      if (document.readyState !== 'loading') then();
      else addEventListener('DOMContentLoaded', then, { once: true });
    },

    whenLoaded(then) {
      if (document.readyState === 'complete') then();
      else addEventListener('load', then, { once: true });
    },

    whenRetitled(then) {
      const watch = { childList: true, characterData: true, subtree: true };
      if (document.head !== null) new MutationObserver(then).observe(document.head, watch);
    },

    whenMoved(then) {
      if (globalThis.navigation?.addEventListener !== undefined) {
        navigation.addEventListener('currententrychange', then);
        return;
      }
      addEventListener('popstate', then);
      addEventListener('hashchange', then);
      // Nothing tells of these where there is no Navigation API.
      for (const name of ['pushState', 'replaceState']) {
        const own = history[name];
        history[name] = (...args) => {
          Reflect.apply(own, history, args);
          then();
        };
      }
    },

    whenShownAgain(then) {
      addEventListener('pageshow', (event) => {
        if (event.persisted) then();
      });
    },

    whenLeaving(then) {
      addEventListener('pagehide', then, { capture: true });
    },

    // Returns what stops it.
    whenUncaught(then) {
      const stop = new AbortController();
      const { signal } = stop;
      addEventListener('error', ({ message, lineno, filename }) => {
        // A resource that failed is another event of that name.
        if (message !== undefined) then(message.startsWith('Uncaught') ? message : `Uncaught ${message}`, lineno, filename);
      }, { signal });
      addEventListener('unhandledrejection', ({ reason }) => {
        then(`Uncaught (in promise) ${reason instanceof Error ? uncaught(reason) : String(reason)}`, 0, '');
      }, { signal });
      return () => stop.abort();
    },
  };
}
