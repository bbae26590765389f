// A file of its own, served before electron.js where a window has a preload script: most applications have none, and are
// spared what crosses a bridge, and how.

import { createContextBridge } from './context_bridge.js';

globalThis[Symbol.for('exciton.bridge')] = createContextBridge;
