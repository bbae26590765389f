// What the page of this window may see, as the application's WebPreferences say: {contextIsolation, nodeIntegration (null
// if left open), preload: {url, file} or null}.

export const BOOT = Symbol.for('exciton.boot');

// The host says them with the script if all windows have the same. Else this page asks, once, by the name of its tab.
export function readPreferences() {
  const facts = globalThis[BOOT] ?? {};
  // A frame is no window: Electron runs no preload script in it either.
  const own = isFrame() ? { preload: null } : {};
  if (facts.preferences === undefined) return { ...DEFAULTS, ...own };
  return { ...(facts.preferences ?? ask(routes())), ...own };
}

export function hasRequire({ contextIsolation, nodeIntegration, preload }) {
  return !contextIsolation && (nodeIntegration ?? preload === null);
}

// The URL that the host's routes are below.
export function routes() {
  return new URL('_exciton/', new URL(globalThis[BOOT]?.base ?? '', document.baseURI)).href;
}

function ask(base) {
  const request = new XMLHttpRequest();
  request.open('GET', `${base}preferences?tab=${tabOf(base)}`, false);
  request.send();
  if (request.status !== 200) throw new Error(`The main process does not say what this window may see (${request.status})`);
  return JSON.parse(request.responseText);
}

// Where web/src/driver/tab.rs keeps it.
function tabOf(base) {
  try {
    return encodeURIComponent(sessionStorage.getItem(`exciton:${base}tab`) ?? '');
  } catch {
    return '';
  }
}

function isFrame() {
  return globalThis.parent !== undefined && globalThis.parent !== globalThis;
}

const DEFAULTS = { contextIsolation: false, nodeIntegration: null, preload: null };
