// The first and last lines of electron.js and electron.mjs: find the document's link or start it, then give out the API.

import { pageClock } from './clock.js';
import { BRIDGE, defineGlobals, electronOf, makeRequire } from './electron.js';
import { EventEmitter } from './emitter.js';
import { LINK, createLink } from './link.js';
import { createMessagePorts } from './message_ports.js';
import { browserPage } from './page.js';
import { hasRequire, readPreferences } from './preferences.js';
import { defineProcess } from './process.js';
import { bytesOf } from './put.js';
import { attachWindow } from './window.js';

// start: {core: wasm-bindgen's exports, wasm: () => its bytes as text, shift: see compile}.
export function bootScript(start) {
  const link = documentLink(start);
  // A page may name the script twice.
  if (link.prepared === true) return;
  link.prepared = true;
  const preferences = (link.preferences ??= readPreferences());
  const bridge = globalThis[BRIDGE];
  const electron = electronOf(link);
  if (hasRequire(preferences)) defineGlobals(electron);
  if (hasRequire(preferences) && preferences.nodeIntegration) defineProcess(preferences);
  if (preferences.preload === null) return;
  const tell = (...args) => link.post(JSON.stringify(['report', 'preload-error', args]));
  bridge.loadPreload(preferences, makeRequire(electron, bridge.preloadModules(EventEmitter)), tell);
}

export function bootModule(start) {
  const link = documentLink(start);
  link.preferences ??= readPreferences();
  if (hasRequire(link.preferences)) return electronOf(link);
  // As in Electron, where a page of such a window can't import 'electron'.
  throw new Error('This window keeps its page apart from electron: what its preload script exposes is on window');
}

// One link per document: who comes second uses the first one's.
function documentLink(start) {
  const there = globalThis[LINK];
  if (there !== undefined) {
    if (there.version !== 1) throw new Error(`This page has a link of version ${there.version}, and this script needs 1`);
    return there;
  }
  const link = linkAbove() ?? begin(start);
  Object.defineProperty(globalThis, LINK, { value: link });
  return link;
}

// A frame inside a page of ours has no link of its own. undefined if nothing around it, that it may look into, has one.
function linkAbove() {
  for (let view = globalThis; view.parent !== view; ) {
    view = view.parent;
    let link;
    try {
      link = view[LINK];
    } catch {
      // Another site's.
    }
    if (link?.version === 1 && link.join !== undefined) return link.join(globalThis);
  }
  return undefined;
}

function begin({ core, wasm, shift }) {
  compile(core, wasm(), shift);
  // The core tells the limits, which the link is made with; of what it calls back, nothing but this comes before the
  // task has ended.
  let socket;
  const callbacks = { changed() {}, opened: (made) => (socket = made) };
  const [batchPackets, batchBytes, wholeBytes, packetBytes, outboxBytes, openInvokes, frames] = core.start(callbacks);
  const limits = { batchPackets, batchBytes, wholeBytes, packetBytes, outboxBytes, openInvokes, frames };
  const made = createLink(core, limits, pageClock);
  Object.assign(callbacks, made.callbacks);
  if (socket) callbacks.opened(socket);
  const facts = globalThis[Symbol.for('exciton.boot')];
  attachWindow(made.link, browserPage(facts?.base ?? document.baseURI), facts?.console === true);
  made.link.ports = createMessagePorts(made.link, pageClock);
  made.link.ports.patch(globalThis);
  // The host knows the page's address, and nothing of its name.
  const { name, origin } = globalThis;
  if (name !== '') made.link.post(`["report","frame",${JSON.stringify([0, 0, name, location.href, origin])}]`);
  return made.link;
}

// At once, on the main thread: the page's own scripts come next. Engines allow that up to 8 MB. The text has a character for
// each byte, whose code is higher by `shift`; what is read in another encoding than UTF-8 isn't wasm.
function compile(core, text, shift) {
  try {
    core.initSync({ module: bytesOf(text, shift) });
  } catch (cause) {
    const hint = "; if the page has a Content-Security-Policy, its script-src needs 'wasm-unsafe-eval'";
    throw new Error(`Exciton's WebAssembly did not start: ${cause}${hint}`, { cause });
  }
}
