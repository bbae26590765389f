// Electron's process object (https://www.electronjs.org/docs/latest/api/process), as far as it makes sense in a browser:
// there is no Node behind it, and so no `versions.node`.

import { EventEmitter } from './emitter.js';
import { BOOT } from './preferences.js';

// Makes it a global name, unless the page has its own.
export function defineProcess(preferences) {
  globalThis.process ??= createProcess(preferences);
}

export function createProcess({ contextIsolation }, userAgent = navigator.userAgent, release = globalThis[BOOT]?.release) {
  return Object.assign(new EventEmitter(), {
    type: 'renderer',
    platform: platformOf(userAgent),
    versions: versionsOf(userAgent, release),
    argv: [],
    execArgv: [],
    env: {},
    contextIsolated: contextIsolation,
    sandboxed: true,
    isMainFrame: true,
    nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
  });
}

// The user's machine, as Node names it: shortcuts and fonts go by it. The main process may be on another one.
function platformOf(userAgent) {
  if (/Android/.test(userAgent)) return 'android';
  if (/Mac|iPhone|iPad/.test(userAgent)) return 'darwin';
  return /Windows/.test(userAgent) ? 'win32' : 'linux';
}

// The main process' library stands in Electron's place.
function versionsOf(userAgent, release) {
  const versions = { electron: release, exciton: release };
  for (const [name, pattern] of BROWSERS) {
    const found = pattern.exec(userAgent);
    if (found === null) continue;
    versions[name] = found[1];
    break;
  }
  return versions;
}

// Chromium also says that it is like WebKit, so it comes first.
const BROWSERS = [
  ['chrome', /(?:Headless)?Chrom(?:e|ium)\/([\d.]+)/],
  ['firefox', /Firefox\/([\d.]+)/],
  ['webkit', /AppleWebKit\/([\d.]+)/],
];
