// A file of its own, served before electron.js where a window has a preload script: most applications have none, and are
// spared what runs it, and what crosses a bridge, and how.

import { createContextBridge } from './context_bridge.js';
import { loadPreload, preloadModules } from './preload.js';

globalThis[Symbol.for('exciton.bridge')] = { createContextBridge, loadPreload, preloadModules };
