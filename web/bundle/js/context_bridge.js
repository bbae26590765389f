// Electron's contextBridge (https://www.electronjs.org/docs/latest/api/context-bridge), in a browser's one world.

import { PAGE, PRELOAD, cross, freezeDeep } from './crossing.js';

// isIsolated() says whether the window keeps its preload script and its page apart. target is where APIs are put: the
// page's window.
export function createContextBridge(isIsolated, target = globalThis) {
  const requireIsolation = () => {
    if (!isIsolated()) throw new Error('contextBridge API can only be used when contextIsolation is enabled');
  };

  const expose = (key, api) => {
    if (typeof key !== 'string') {
      const given = key === undefined || key === null ? String(key) : '';
      throw new TypeError(`Error processing argument at index 1, conversion failure from ${given}`);
    }
    if (key in target) throw new Error('Cannot bind an API on top of an existing property on the window object');
    const value = freezeDeep(cross(api, PAGE));
    Object.defineProperty(target, key, { value, enumerable: true, writable: false, configurable: false });
  };

  return {
    exposeInMainWorld(key, api) {
      requireIsolation();
      expose(key, api);
    },

    // The page's world and the preload script's are one here, and there is no other.
    exposeInIsolatedWorld(worldId, key, api) {
      requireIsolation();
      if (worldId !== MAIN_WORLD && worldId !== PRELOAD_WORLD) {
        throw new Error(`A browser has no isolated world ${worldId}, only the page's (0), which is the preload script's (999) too`);
      }
      expose(key, api);
    },

    // The function runs as it is, with what crosses of its arguments.
    executeInMainWorld({ func, args = [] }) {
      requireIsolation();
      if (typeof func !== 'function') throw new TypeError('The "func" property must be a function');
      return cross(Reflect.apply(func, undefined, cross(args, PAGE)), PRELOAD);
    },
  };
}

const MAIN_WORLD = 0;
const PRELOAD_WORLD = 999;
