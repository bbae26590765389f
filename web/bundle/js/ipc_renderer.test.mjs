import { electronOf, makeRequire } from './electron.js';
import { EventEmitter } from './emitter.js';
import { createIpcRenderer } from './ipc_renderer.js';
import { equal, rejected, suite, thrown } from './suite.mjs';

// A link that writes down what is posted. reply() and fail() settle the oldest open invoke.
function setUp() {
  const posted = [];
  const open = [];
  let face;
  const link = {
    version: 1,
    result: { answer: null, blobs: null },
    post(text, blobs, settle) {
      posted.push(blobs === null ? text : [text, blobs.map((blob) => [...blob])]);
      if (settle !== undefined) open.push(settle);
    },
    sync(text) {
      posted.push(text);
      return link.result;
    },
    attach: (given) => (face = given),
    status: () => ['open', null, null, 0],
    watch() {},
    order() {},
  };
  const ipcRenderer = createIpcRenderer(link);
  return {
    ipcRenderer,
    link,
    posted,
    reply: (value) => open.shift()(true, value, null, false),
    fail: (error) => open.shift()(false, error, null, false),
    hears: (channel) => face.hears(channel),
    receive: (channel, args, blobs = null) => face.message(channel, args, blobs, blobs !== null),
  };
}

export const run = await suite({
  'the link knows what is listened to, and when that becomes more'() {
    const { ipcRenderer, link, hears } = setUp();
    let told = 0;
    link.listens = () => (told += 1);
    const listener = () => {};
    equal(['a', 'toString', 'error'].map(hears), [false, false, true]);
    ipcRenderer.on('a', listener);
    ipcRenderer.prependOnceListener('b', listener);
    equal([hears('a'), hears('b'), told], [true, true, 2]);
    ipcRenderer.off('a', listener);
    ipcRenderer.removeAllListeners('b');
    equal([hears('a'), hears('b'), told], [false, false, 2]);
    // Who looks at all messages sees all.
    ipcRenderer.emit = () => true;
    equal(hears('a'), true);
  },

  'send, sendSync and invoke write their packets, with or without this'() {
    const { ipcRenderer, link, posted } = setUp();
    const { send, sendSync, invoke } = ipcRenderer;
    equal(send('a"b', 1, 'x', { y: [null] }), undefined);
    link.result = { answer: { z: 1 }, blobs: null };
    equal(sendSync('s'), { z: 1 });
    invoke('i', true);
    equal(posted, ['["send","a\\"b",[1,"x",{"y":[null]}]]', '["sync","s",[]]', '["invoke","i",[true]]']);
  },

  'the channel of one message is not that of the next'() {
    const { ipcRenderer, posted } = setUp();
    for (const channel of ['a', 'a', 'b', '', 'a']) ipcRenderer.send(channel);
    equal(posted, ['a', 'a', 'b', '', 'a'].map((channel) => `["send","${channel}",[]]`));
  },

  async 'a getter that sends changes neither the message that it is in nor the promise of it'() {
    const { ipcRenderer, posted, reply } = setUp();
    ipcRenderer.send('a');
    const value = (more) => ({ get of() { return more(); } });
    ipcRenderer.send('a', value(() => (ipcRenderer.send('b', 1), 2)));
    equal(posted.slice(1), ['["send","b",[1]]', '["send","a",[{"of":2}]]']);
    const promises = [];
    promises.unshift(ipcRenderer.invoke('a', value(() => promises.push(ipcRenderer.invoke('b', 1)))));
    equal(posted.slice(3), ['["invoke","b",[1]]', '["invoke","a",[{"of":1}]]']);
    reply('of b');
    reply('of a');
    equal(await Promise.all(promises), ['of a', 'of b']);
    equal((await rejected(ipcRenderer.invoke('a', value(() => (ipcRenderer.invoke('b'), () => {}))))).name, 'DataCloneError');
  },

  'after its context is released nothing is sent, in the words of Electron'() {
    const { ipcRenderer, link, posted } = setUp();
    link.released = () => true;
    const text = 'IPC method called after context was released';
    for (const method of ['send', 'sendSync', 'invoke', 'sendToHost']) equal(thrown(() => ipcRenderer[method]('a')).message, text);
    equal(posted, []);
    link.released = () => false;
    ipcRenderer.send('a');
    equal(posted.length, 1);
  },

  async 'a channel that is no text is refused with the sentence of Electron'() {
    const { ipcRenderer, posted } = setUp();
    for (const [channel, given] of [[undefined, 'undefined'], [null, 'null'], [5, ''], [{}, '']]) {
      const text = `Error processing argument at index 1, conversion failure from ${given}`;
      for (const method of ['send', 'sendSync']) {
        const error = thrown(() => ipcRenderer[method](channel, 1));
        equal([error.name, error.message], ['TypeError', text]);
      }
      equal((await rejected(ipcRenderer.invoke(channel))).message, text);
    }
    equal(posted, []);
  },

  async 'what can not be cloned is refused before anything is posted'() {
    const { ipcRenderer, posted } = setUp();
    for (const value of [() => {}, Symbol('s'), new WeakMap()]) {
      for (const method of ['send', 'sendSync']) {
        equal(thrown(() => ipcRenderer[method]('x', value)).name, 'DataCloneError');
      }
      equal((await rejected(ipcRenderer.invoke('x', value))).name, 'DataCloneError');
    }
    equal(posted, []);
  },

  'binary travels beside the text'() {
    const { ipcRenderer, posted } = setUp();
    const bytes = Uint8Array.of(1, 2, 3);
    ipcRenderer.send('x', bytes);
    bytes[0] = 9;
    const [text, blobs] = posted[0];
    const [kind, channel, args, lengths] = JSON.parse(text);
    equal([kind, channel, args.length, lengths], ['send', 'x', 1, [3]]);
    equal(blobs, [[1, 2, 3]]);
  },

  async 'an invoke resolves with the reply'() {
    const { ipcRenderer, reply } = setUp();
    const [first, second] = [ipcRenderer.invoke('x'), ipcRenderer.invoke('y')];
    reply({ a: 1 });
    reply(2);
    equal([await first, await second], [{ a: 1 }, 2]);
  },

  async 'a failed invoke reads as in Electron and keeps what Electron loses'() {
    const { ipcRenderer, fail } = setUp();
    const call = ipcRenderer.invoke('x');
    fail({ name: 'RangeError', message: 'too far', code: 'E_FAR', data: { by: 5 } });
    const error = await rejected(call);
    equal(String(error), "Error: Error invoking remote method 'x': RangeError: too far");
    equal([error.code, error.data], ['E_FAR', { by: 5 }]);
    equal([String(error.cause), error.cause.code, error.cause.data], ['RangeError: too far', 'E_FAR', { by: 5 }]);
    equal('mayHaveRun' in error, false);
  },

  async 'an invoke whose link was lost says whether it may have run'() {
    const { ipcRenderer, fail } = setUp();
    const call = ipcRenderer.invoke('x');
    fail({ name: 'Error', message: 'The host was restarted', code: 'HOST_RESTARTED', mayHaveRun: true });
    const error = await rejected(call);
    equal([error.message, error.code, error.mayHaveRun], ["Error invoking remote method 'x': Error: The host was restarted", 'HOST_RESTARTED', true]);
  },

  'a synchronous call that failed throws'() {
    const { ipcRenderer, link } = setUp();
    link.result = { error: { name: 'Error', message: 'no answer', code: 'E' }, blobs: null };
    const error = thrown(() => ipcRenderer.sendSync('x'));
    equal([String(error), error.code], ['Error: no answer', 'E']);
  },

  'a message of the host is an event with its arguments'() {
    const { ipcRenderer, receive } = setUp();
    const seen = [];
    ipcRenderer.on('x', (event, ...args) => seen.push([event.sender === ipcRenderer, event.ports, ...args]));
    receive('x', [1, 'a']);
    receive('nobody', []);
    equal(seen, [[true, [], 1, 'a']]);
  },

  'ipcRenderer is an EventEmitter'() {
    const { ipcRenderer } = setUp();
    equal(ipcRenderer instanceof EventEmitter, true);
    equal([ipcRenderer.constructor.name, Object.keys(ipcRenderer)], ['IpcRenderer', []]);
  },

  'require gives the same object each time, under each of its names'() {
    const { link } = setUp();
    const electron = electronOf(link);
    const require = makeRequire(electron);
    equal(electronOf(link) === electron, true);
    for (const id of ['electron', 'electron/renderer', 'electron/common']) equal(require(id) === electron, true);
  },

  'require of anything else fails as in Node'() {
    const require = makeRequire({});
    const error = thrown(() => require('fs'));
    equal([error.message, error.code, error.requireStack], ["Cannot find module 'fs'", 'MODULE_NOT_FOUND', []]);
    const wrong = thrown(() => require());
    equal([wrong.name, wrong.message], ['TypeError', 'The "id" argument must be of type string. Received undefined']);
  },
});
