// Runs the window's preload script: after the renderer, before the page's own scripts, in a function of its own.
//
// It is a script element of its own and not part of the renderer's file, because there is no other way to survive a syntax
// error in it without eval, which pages forbid.

import { addScript } from './page.js';
import { routes } from './preferences.js';
import { createProcess } from './process.js';

export const SLOT = Symbol.for('exciton.preload');

// preferences: see preferences.js. tell(file, text) hears of a script that can't be run.
export function loadPreload({ contextIsolation, preload: { url, file } }, require, tell) {
  const src = new URL(url, routes()).href;

  const fail = (error) => {
    console.error(`Unable to load preload script: ${file}`);
    console.error(error);
    tell(file, String(error));
  };
  const settle = () => {
    delete globalThis[SLOT];
    removeEventListener('error', failed, true);
  };
  // Its own syntax errors carry its address, and what the network did to it comes from its element.
  const failed = (event) => {
    if (event.filename !== src && event.target?.src !== src) return;
    settle();
    fail(event.error ?? new Error(event.message ?? 'it did not come'));
  };
  const run = (script, problem) => {
    settle();
    if (script === null) fail(new Error(problem));
    else runPreload(script, file, require, createProcess({ contextIsolation }), fail);
  };

  Object.defineProperty(globalThis, SLOT, { value: run, configurable: true });
  addEventListener('error', failed, true);
  writeScript(src);
}

// script: what the host makes of the file, see host/src/server/preferences.rs.
export function runPreload(script, file, require, process, fail) {
  const module = { id: '.', filename: file, loaded: false, exports: {}, children: [], paths: [] };
  const folder = file.slice(0, Math.max(file.lastIndexOf('/'), 1));
  const later = (callback, ...args) => setTimeout(callback, 0, ...args);
  try {
    const body = script(process, globalThis, later, clearTimeout);
    Reflect.apply(body, undefined, [module.exports, require, module, file, folder]);
    module.loaded = true;
  } catch (error) {
    fail(error);
  }
  process.emit('loaded');
}

// What Electron gives its sandboxed preload scripts beside itself. EventEmitter: the class of all that emits here.
export function preloadModules(EventEmitter) {
  return {
    events: Object.assign(EventEmitter, { EventEmitter }),
    timers: { setTimeout, clearTimeout, setInterval, clearInterval },
    url: { URL, URLSearchParams },
  };
}

// The parser stops for a script that is written where it stands. A renderer that did not come from the parser (deferred,
// added by another script, in XHTML) can't stop it.
function writeScript(src) {
  const own = document.currentScript;
  const nonce = own?.nonce ?? '';
  if (own !== null && !own.async && !own.defer && document.readyState === 'loading') {
    try {
      document.write(`<script src="${src.replaceAll('&', '&amp;')}" nonce="${nonce}"></script>`);
      return;
    } catch {
      // XHTML has no document.write.
    }
  }
  addScript({ async: false, nonce, src });
}
