// What a page gets from require('electron'), and the require itself.

import { received, withCode } from './emitter.js';
import { createConnection } from './connection.js';
import { createIpcRenderer } from './ipc_renderer.js';

// One per link, whoever asks: the classic script and the module give the same ipcRenderer. In an isolated window only the
// script that runs the preload script has it, and not the object that all of the page can reach.
export function electronOf(link) {
  if (link.preferences?.contextIsolation) return (isolated ??= makeElectron(link));
  return (link.electron ??= makeElectron(link));
}

let isolated;

function makeElectron(link) {
  const connection = createConnection(link);
  // A frame's page does it. See attendance.js.
  if (link.frame === undefined) globalThis[ATTEND]?.(connection, globalThis[Symbol.for('exciton.boot')]);
  return {
    connection,
    contextBridge: takeBridge()(() => link.preferences?.contextIsolation === true),
    ipcRenderer: createIpcRenderer(link, (detail) => connection.emit('lost', detail)),
    webUtils: {
      // A browser tells no paths. Electron's own answer for a file that is on no disk.
      getPathForFile(file) {
        if (!(file instanceof File)) throw new TypeError('The argument must be a File');
        return '';
      },
    },
  };
}

// What bridge.js has left. Without it no window has a preload script, and none is isolated.
function takeBridge() {
  const bridge = globalThis[BRIDGE];
  delete globalThis[BRIDGE];
  return bridge?.createContextBridge ?? noBridge;
}

function noBridge() {
  const refuse = () => {
    throw new Error('contextBridge API can only be used when contextIsolation is enabled');
  };
  return { exposeInMainWorld: refuse, exposeInIsolatedWorld: refuse, executeInMainWorld: refuse };
}

export const BRIDGE = Symbol.for('exciton.bridge');
const ATTEND = Symbol.for('exciton.attend');

// Makes `require` and `electron` global names, unless the page has its own.
export function defineGlobals(electron) {
  const missing = (name) => !(name in globalThis);
  // Plain properties, so that a page may declare `const electron` itself.
  if (missing('require')) globalThis.require = makeRequire(electron);
  if (missing('electron')) globalThis.electron = electron;
}

// others: what else it gives, by name.
export function makeRequire(electron, others = {}) {
  return function require(id) {
    if (typeof id !== 'string') {
      const text = `The "id" argument must be of type string. Received ${received(id)}`;
      throw withCode(new TypeError(text), 'ERR_INVALID_ARG_TYPE');
    }
    if (MODULES.includes(id)) return electron;
    const name = id.replace(/^node:/, '');
    if (Object.hasOwn(others, name)) return others[name];
    const error = withCode(new Error(`Cannot find module '${id}'`), 'MODULE_NOT_FOUND');
    error.requireStack = [];
    throw error;
  };
}

// Electron's names for the same module, for TypeScript's sake.
const MODULES = ['electron', 'electron/renderer', 'electron/common'];
