// Which browser, which main process, and whether the two are in touch.

const state = document.getElementById('state');
const results = document.documentElement.dataset;

const engine = engineOf(navigator.userAgent);
put('engine', engine);
put('fact-engine', engine);
results.engine = engine;

if (globalThis.require === undefined) {
  say('lost', 'no main process: start one, then reload');
} else {
  const { ipcRenderer } = globalThis.require('electron');
  watch(ipcRenderer);
  const about = await ipcRenderer.invoke('about');
  const built = about.optimized ? 'release' : 'debug';
  const system = { linux: 'Linux', macos: 'macOS', windows: 'Windows' }[about.system] ?? about.system;
  put('host', `Rust on ${system}`);
  put('fact-host', `exciton ${about.version}, a ${built} build for ${system} on ${about.architecture}, process ${about.pid}`);
  put('fact-id', `number ${about.webContents} of that process`);
  put('fact-js', about.webContents);
  results.webContents = about.webContents;
}

// A call a second. An answer that doesn't come is a connection that is not there.
function watch(ipcRenderer) {
  let [asked, waiting] = [-Infinity, false];
  const look = (now) => {
    requestAnimationFrame(look);
    if (waiting && now - asked > 1500) say('waiting', 'waiting for the main process');
    if (waiting || now - asked < 1000) return;
    [asked, waiting] = [now, true];
    ipcRenderer.invoke('clock').then(
      () => say('connected', 'connected'),
      (error) => say('lost', error.message),
    ).finally(() => (waiting = false));
  };
  requestAnimationFrame(look);
}

function say(name, text) {
  if (state.dataset.state === name) return;
  state.dataset.state = name;
  put('state-text', text);
  put('fact-state', text);
}

function put(id, text) {
  document.getElementById(id).textContent = text;
}

// By the words that only one of them uses.
function engineOf(agent) {
  const version = (name) => new RegExp(`${name}/(\\d+)`).exec(agent)?.[1] ?? '';
  if (agent.includes('Firefox/')) return `Firefox ${version('Firefox')}`;
  if (agent.includes('Edg/')) return `Edge ${version('Edg')}`;
  if (agent.includes('Chrome/')) return `Chromium ${version('Chrome')}`;
  if (/Macintosh|iPhone|iPad/.test(agent)) return `Safari ${version('Version')}`;
  if (agent.includes('AppleWebKit/')) return 'WebKit';
  return 'a browser';
}
