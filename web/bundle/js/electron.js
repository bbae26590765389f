// What a page gets from require('electron'), and the require itself.

import { received, withCode } from './emitter.js';
import { createIpcRenderer } from './ipc_renderer.js';

// One per link, whoever asks: the classic script and the module give the same ipcRenderer.
export function electronOf(link) {
  link.electron ??= { ipcRenderer: createIpcRenderer(link) };
  return link.electron;
}

// Makes `require` and `electron` global names, unless the page has its own.
export function defineGlobals(electron) {
  const missing = (name) => !(name in globalThis);
  // Plain properties, so that a page may declare `const electron` itself.
  if (missing('require')) globalThis.require = makeRequire(electron);
  if (missing('electron')) globalThis.electron = electron;
}

export function makeRequire(electron) {
  return function require(id) {
    if (typeof id !== 'string') {
      const text = `The "id" argument must be of type string. Received ${received(id)}`;
      throw withCode(new TypeError(text), 'ERR_INVALID_ARG_TYPE');
    }
    if (MODULES.includes(id)) return electron;
    const error = withCode(new Error(`Cannot find module '${id}'`), 'MODULE_NOT_FOUND');
    error.requireStack = [];
    throw error;
  };
}

// Electron's names for the same module, for TypeScript's sake.
const MODULES = ['electron', 'electron/renderer', 'electron/common'];
