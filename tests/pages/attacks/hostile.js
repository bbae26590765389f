'use strict';
// What a page may try against a host. The same file runs in hostile pages, and in the host's own to show that it works.
// Each attempt comes to the text of what it has got, or to nothing.

const given = new URLSearchParams(location.search);
/** The host's origin, and what an attacker may have learned elsewhere: only where it runs is wrong. */
const host = given.get('host') ?? location.origin;
const epoch = given.get('epoch') ?? '';
const socketUrl = `${host.replace('http', 'ws')}/_exciton/socket`;

const id = () => crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
const prize = ['send', 'prize', []];

function syncBody() {
  const head = { version: 1, link: id(), epoch, ack: 0, fresh: true };
  return JSON.stringify({ ...head, frames: [['data', 0, 0, [prize]]] });
}

/** Waits for an element to have loaded, or not. */
function loads(element, parent = document.body) {
  return new Promise((done) => {
    element.onload = () => done(true);
    element.onerror = () => done(false);
    parent.append(element);
  });
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

async function read(url, options) {
  const answer = await fetch(url, { credentials: 'include', ...options });
  return answer.ok ? `${answer.type} ${await answer.text()}` : '';
}

const JSON_HEADERS = { 'x-exciton': '1', 'content-type': 'application/json' };

/** A form whose answer goes to a frame: no page needs a permission for that. */
async function form(enctype, method = 'post', path = '/_exciton/sync') {
  const frame = element('iframe', { name: `frame-${id()}` });
  document.body.append(frame);
  const to = element('form', { action: host + path, method, enctype, target: frame.name });
  // As plain text this is JSON: the name, an equals sign and the value.
  const [name, value] = [syncBody().slice(0, -1) + ',"x":"', '"}'];
  to.append(element('input', { type: 'hidden', name, value }));
  document.body.append(to);
  const answered = new Promise((done) => frame.addEventListener('load', done));
  to.submit();
  await answered;
  const answer = frame.contentDocument;
  return answer?.title === 'What is attacked' || answer?.body?.textContent.includes('admitted') ? 'taken' : '';
}

/** Speaks to the socket as the renderer does. */
function socket(make = () => new WebSocket(socketUrl)) {
  return new Promise((done) => {
    const opened = make();
    opened.onopen = () => {
      const head = { version: 1, link: id(), epoch, attempt: 1, ack: 0, admitted: 0, fresh: true };
      opened.send(JSON.stringify(['hello', head]));
      opened.send(JSON.stringify(['data', 0, 0, [prize]]));
    };
    opened.onmessage = ({ data }) => {
      done(data);
      opened.close();
    };
    opened.onclose = opened.onerror = () => done('');
  });
}

function worker(message) {
  return new Promise((done) => {
    const started = new Worker('worker.js');
    started.onmessage = ({ data }) => {
      started.terminate();
      done(data);
    };
    started.onerror = () => done('');
    started.postMessage({ host, socketUrl, epoch, link: id(), ...message });
  });
}

async function frame(path, name = 'iframe', key = 'src') {
  const inner = element(name, { [key]: host + path });
  await loads(inner);
  try {
    return inner.contentDocument.title === 'What is attacked' ? 'seen' : '';
  } finally {
    inner.remove();
  }
}

async function opened(path) {
  const other = window.open(host + path);
  if (!other) return '';
  try {
    // Nothing stands there at first. What belongs to somebody else throws.
    while (!other.document.body?.textContent) await new Promise((done) => setTimeout(done));
    const text = other.document.body.textContent;
    return text.includes('epoch') ? text : '';
  } finally {
    other.close();
  }
}

const ATTEMPTS = {
  'read a file': () => read(`${host}/page.js`),
  'read a page': () => read(`${host}/index.html`),
  'read the facts': () => read(`${host}/_exciton/boot`),
  'read the renderer': () => read(`${host}/_exciton/electron.js`),
  'read without cors': async () => {
    const answer = await fetch(`${host}/page.js`, { credentials: 'include', mode: 'no-cors' });
    return answer.ok ? answer.text() : '';
  },
  'ask for a sign of life': async () => ((await fetch(`${host}/_exciton/alive`, { credentials: 'include' })).ok ? 'alive' : ''),
  'PUT with everything': () => read(`${host}/_exciton/sync`, { method: 'PUT', headers: JSON_HEADERS, body: syncBody() }),
  'PUT without the mark': () => read(`${host}/_exciton/sync`, { method: 'PUT', body: syncBody() }),
  'POST as text': () => read(`${host}/_exciton/sync`, { method: 'POST', mode: 'no-cors', body: syncBody() }),
  'PUT synchronously': async () => {
    const request = new XMLHttpRequest();
    request.open('PUT', `${host}/_exciton/sync`, false);
    request.withCredentials = host !== location.origin;
    for (const [name, value] of Object.entries(JSON_HEADERS)) request.setRequestHeader(name, value);
    request.send(syncBody());
    return request.status === 202 ? request.responseText : '';
  },
  'POST a form': () => form('application/x-www-form-urlencoded'),
  'POST a form with parts': () => form('multipart/form-data'),
  'POST a form as text': () => form('text/plain'),
  'GET by a form': () => form('', 'get', '/index.html'),
  'send a beacon': async () => (navigator.sendBeacon(`${host}/_exciton/sync`, syncBody()), ''),
  'send a beacon of JSON': async () => {
    navigator.sendBeacon(`${host}/_exciton/sync`, new Blob([syncBody()], { type: 'application/json' }));
    return '';
  },
  'open a socket': () => socket(),
  'open a socket with a protocol': () => socket(() => new WebSocket(socketUrl, 'exciton')),
  'open a socket in a worker': () => worker({ what: 'socket' }),
  'import in a worker': () => worker({ what: 'import' }),
  'listen to events': () => new Promise((done) => {
    const source = new EventSource(`${host}/_exciton/boot`, { withCredentials: true });
    source.onmessage = ({ data }) => done(data);
    source.onerror = () => (source.close(), done(''));
  }),
  'run a file': async () => {
    delete window.readByForeigners;
    await loads(element('script', { src: `${host}/page.js` }));
    return window.readByForeigners ?? '';
  },
  'run the renderer': async () => {
    await loads(element('script', { src: `${host}/_exciton/electron.js` }));
    return globalThis[Symbol.for('exciton.boot')]?.epoch ?? '';
  },
  'run the renderer without a referrer': async () => {
    await loads(element('script', { src: `${host}/_exciton/electron.js?`, referrerPolicy: 'no-referrer' }));
    return globalThis[Symbol.for('exciton.boot')]?.epoch ?? '';
  },
  'import a module': async () => (await import(`${host}/page.mjs`)).read,
  'show a picture': async () => (await loads(element('img', { src: `${host}/picture.svg?${id()}` })) ? 'seen' : ''),
  'use a style': async () => {
    await loads(element('link', { rel: 'stylesheet', href: `${host}/style.css` }), document.head);
    return getComputedStyle(document.body).getPropertyValue('--read').trim();
  },
  'frame a page': () => frame('/index.html'),
  'frame a page without a referrer': async () => {
    const inner = element('iframe', { referrerPolicy: 'no-referrer', src: `${host}/index.html` });
    await loads(inner);
    return inner.contentDocument?.title === 'What is attacked' ? 'seen' : '';
  },
  'frame the way in': () => frame('/_exciton/enter/00112233445566778899aabbccddeeff'),
  'embed a page': () => frame('/index.html', 'object', 'data'),
  'open the facts': () => opened('/_exciton/boot'),
  'fetch in advance': async () => (await loads(element('link', { rel: 'prefetch', href: `${host}/index.html?${id()}` }), document.head), ''),
  'load in advance': async () => (await loads(element('link', { rel: 'preload', as: 'script', href: `${host}/page.js?${id()}` }), document.head), ''),
  'serve in its place': async () => (await navigator.serviceWorker.register(`${host}/worker.js`)).scope,
};

/** Longer than any answer takes; what a browser never answers has got nothing. */
const LIMIT = 2000;

async function attempt(name) {
  const late = new Promise((done) => setTimeout(done, LIMIT, ''));
  const got = await Promise.race([ATTEMPTS[name](), late]).catch(() => '');
  const outcome = JSON.stringify({ name, got: String(got).slice(0, 200) });
  if (parent !== window) parent.postMessage(outcome, '*');
  document.documentElement.dataset.outcome = outcome;
}

// The test names an attempt in the address, and makes each one another; a page around this one passes it on.
const named = () => attempt(decodeURIComponent(location.hash.slice(1)).split('&')[0]);
addEventListener('hashchange', named);
addEventListener('message', ({ data }) => data.attempt && attempt(data.attempt));
