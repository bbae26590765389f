import { createInbound } from './inbound.js';
import { equal, suite } from './suite.mjs';

// An inbox with one face, whose page is ready when ready() is called and whose tasks run when task() is called.
function setUp({ parsed = true, listener = () => {} } = {}) {
  const log = [];
  const tasks = [];
  const state = { blocked: false, errors: [], consumed: 0 };
  let ready;
  const face = (name) => ({
    message(channel, args, blobs) {
      log.push(blobs === null ? [name, channel, ...args] : [name, channel, ...args, blobs.map((blob) => [...blob])]);
      listener(channel, args);
    },
  });
  const faces = [face('face')];
  const orders = new Map([['navigate', ([url], _blobs, _tagged, extra) => log.push(['navigate', url, extra])]]);
  const frames = {
    message: (channel, args, _blobs, _tagged, { frame }) => log.push([`frame ${frame}`, channel, ...args]),
    obey: (name, { frame }) => (name === 'known' ? ([text]) => log.push([`frame ${frame}`, name, text]) : undefined),
  };
  const inbound = createInbound({
    faces,
    frames,
    orders,
    clock: {
      later: (task) => tasks.push(task),
      whenReady: (callback) => (ready = callback),
      report: (error) => state.errors.push(error.message),
    },
    blocked: () => state.blocked,
    consumed: (count) => (state.consumed += count),
    settle: (seq, ok, value, blobs) => log.push(blobs === null ? ['settle', seq, ok, value] : ['settle', seq, ok, value, blobs.length]),
  });
  if (parsed) ready();
  const receive = (list, skip = 0, blobs = null) => inbound.packets(list, skip, blobs, blobs !== null);
  const task = () => tasks.shift()();
  return { inbound, log, tasks, state, faces, face, ready: () => ready(), receive, task };
}

const send = (channel, ...args) => ['send', channel, args];

export const run = await suite({
  'messages and replies of a batch are handed out in order and counted'() {
    const { log, receive } = setUp();
    equal(receive([send('a', 1), send('b', 2, 3), ['reply', 7, 'yes'], ['fail', 8, { message: 'no' }]]), 4);
    equal(log, [['face', 'a', 1], ['face', 'b', 2, 3], ['settle', 7, true, 'yes'], ['settle', 8, false, { message: 'no' }]]);
  },

  'a reply that nothing waits in front of is done with whatever is called'() {
    const { inbound, receive } = setUp();
    equal([['reply', 1, 0], ['fail', 1, {}], send('a')].map((packet) => inbound.isDone([packet])), [true, true, false]);
    equal(inbound.isDone([['reply', 1, 0], ['reply', 2, 0]]), false);
    receive([['reply', 1, 0], send('a')]);
    equal(inbound.isDone([['reply', 2, 0]]), false);
  },

  'a face that takes several messages at once gets those that come in a row'() {
    const { faces, log, state, receive } = setUp();
    faces[0].messages = (text) => {
      log.push(text);
      if (text.includes('bad')) throw new Error('bad');
    };
    const ported = ['send', 'd', [4], [], { ports: [1] }];
    equal(receive([send('a', 0), send('b', 1), send('c', '$'), ['reply', 7, 'yes']], 1), 3);
    equal(log, ['[["send","b",[1]],["send","c",["$"]]]', ['settle', 7, true, 'yes']]);
    log.length = 0;
    const next = setUp();
    next.faces[0].messages = faces[0].messages;
    equal(next.receive([send('bad'), send('x'), ported, send('e')]), 4);
    equal([log, next.log, next.state.errors], [['[["send","bad",[]],["send","x",[]]]'], [['face', 'd', 4], ['face', 'e']], ['bad']]);
    // Its own copies matter where there is another face.
    next.faces.push(next.face('other'));
    next.receive([send('f', 5), send('g')]);
    equal(next.log.slice(2), [['face', 'f', 5], ['other', 'f', 5], ['face', 'g'], ['other', 'g']]);
  },

  'a message goes to the faces that hear its channel, and as it is to the only one'() {
    const { faces, log, face, receive } = setUp();
    const given = [];
    faces[0].hears = (channel) => channel !== 'b';
    faces.push({ ...face('other'), hears: (channel) => channel === 'b' || channel === 'both' });
    for (const each of faces) {
      const { message } = each;
      each.message = (channel, args, ...rest) => {
        given.push(args);
        message(channel, args, ...rest);
      };
    }
    const list = [send('a', 1), send('b', 2), send('both', 3), ['send', 'b', [4], [], { ports: [1] }]];
    equal(receive(list), 4);
    const all = [['face', 'b', 4], ['other', 'b', 4]];
    equal(log, [['face', 'a', 1], ['other', 'b', 2], ['face', 'both', 3], ['other', 'both', 3], ...all]);
    equal([given[0] === list[0][2], given[1] === list[1][2], given[2] === given[3]], [true, true, false]);
    faces[0].hears = () => false;
    equal(receive([send('a', 5)]), 1);
    equal(log.length, 6);
  },

  'the only face that hears takes messages in a row until another begins to listen'() {
    const { inbound, faces, log, face, receive } = setUp();
    let heard = [];
    let stopped = false;
    faces[0].hears = (channel) => heard.includes(channel);
    faces.push({
      ...face('rows'),
      hears: () => true,
      stop: () => (stopped = true),
      messages(text) {
        const rows = JSON.parse(text);
        const at = rows.findIndex(([, channel]) => channel === 'begin');
        log.push(rows.map(([, channel]) => channel));
        if (at < 0) return undefined;
        heard = ['b'];
        inbound.listens();
        return at + 1;
      },
    });
    equal(receive([send('a'), send('begin'), send('b', 1), send('c'), send('d')]), 5);
    equal(stopped, true);
    equal(log, [['a', 'begin', 'b', 'c', 'd'], ['face', 'b', 1], ['rows', 'b', 1], ['c', 'd']]);
    stopped = false;
    inbound.listens();
    equal(stopped, false);
  },

  'what came before is skipped with its blobs and not counted'() {
    const { log, receive } = setUp();
    const blobs = [[1], [2], [3]].map((bytes) => Uint8Array.from(bytes));
    const list = [['send', 'a', [], [1, 1]], send('b'), ['send', 'c', [], [1]]];
    equal(receive(list, 1, blobs), 2);
    equal(log, [['face', 'b'], ['face', 'c', [[3]]]]);
  },

  'until the page is ready messages wait in order and replies do not'() {
    const { log, state, tasks, ready, receive, task } = setUp({ parsed: false });
    equal(receive([['reply', 0, 'early'], send('a'), ['reply', 1, 'too'], send('b')]), 1);
    equal(receive([send('c')]), 0);
    equal(log, [['settle', 0, true, 'early'], ['settle', 1, true, 'too']]);
    equal(tasks.length, 0);
    ready();
    log.length = 0;
    return Promise.resolve().then(() => {
      task();
      equal(log, [['face', 'a'], ['face', 'b'], ['face', 'c']]);
      equal(state.consumed, 4);
      equal(receive([send('d')]), 1);
    });
  },

  async 'a message behind a reply waits until the code that awaits it has run'() {
    const { log, state, tasks, receive, task } = setUp();
    equal(receive([send('a'), ['reply', 0, 'x'], send('b'), ['reply', 1, 'y'], send('c')]), 2);
    equal(log, [['face', 'a'], ['settle', 0, true, 'x']]);
    // The same task goes on: what comes now waits behind the others.
    equal(receive([send('d')]), 0);
    await null;
    equal(tasks.length, 1);
    task();
    equal(log.slice(2), [['face', 'b'], ['settle', 1, true, 'y']]);
    equal(state.consumed, 0);
    await null;
    task();
    equal(log.slice(4), [['face', 'c'], ['face', 'd']]);
    equal(state.consumed, 4);
    equal(tasks.length, 0);
  },

  async 'the next batch need not wait for a reply of the one before'() {
    const { log, receive } = setUp();
    receive([['reply', 0, 'x']]);
    await null;
    equal(receive([send('a')]), 1);
    equal(log.length, 2);
  },

  async 'held messages are not handed out inside a synchronous call'() {
    const { inbound, log, state, tasks, receive, task } = setUp();
    receive([['reply', 0, 'x'], send('a')]);
    await null;
    state.blocked = true;
    task();
    equal(log, [['settle', 0, true, 'x']]);
    equal(tasks.length, 0);
    state.blocked = false;
    inbound.unblock();
    task();
    equal(log[1], ['face', 'a']);
    equal(state.consumed, 1);
  },

  'an error in a listener is reported, and the next message comes all the same'() {
    const listener = (channel) => {
      if (channel === 'bad') throw new Error('mine');
    };
    const { log, state, receive } = setUp({ listener });
    equal(receive([send('bad'), send('good')]), 2);
    equal(log, [['face', 'bad'], ['face', 'good']]);
    equal(state.errors, ['mine']);
  },

  'each face gets each message, with arguments and blobs of its own'() {
    const listener = (channel, args) => (args[0].seen = true);
    const { log, state, faces, face, receive } = setUp({ listener });
    faces.push(face('second'));
    receive([['send', 'a', [{}], [1]]], 0, [Uint8Array.of(7)]);
    equal(state.errors, []);
    equal(log, [['face', 'a', { seen: true }, [[7]]], ['second', 'a', { seen: true }, [[7]]]]);
    equal(log[0][2] === log[1][2], false);
  },

  async 'after a lost link the rest is handed out and not counted'() {
    const { inbound, log, state, receive, task } = setUp();
    receive([['reply', 0, 'x'], send('a'), send('b')]);
    inbound.restart();
    receive([send('c')]);
    await null;
    task();
    equal(log.slice(1), [['face', 'a'], ['face', 'b'], ['face', 'c']]);
    equal(state.consumed, 1);
  },

  'what is for a frame goes to the frame'() {
    const { log, receive } = setUp();
    equal(receive([['send', 'a', [1], [], { frame: 2 }], ['order', 'known', ['x'], [], { frame: 3 }], send('b')]), 3);
    equal(log, [['frame 2', 'a', 1], ['frame 3', 'known', 'x'], ['face', 'b']]);
  },

  'an order is for the page itself, and an unknown one is consumed'() {
    const warn = console.warn;
    const said = [];
    console.warn = (text) => said.push(text);
    try {
      const { inbound, log } = setUp();
      equal(inbound.packets([['order', 'navigate', ['http://127.0.0.1/x'], [], { ports: [1] }], ['order', 'dance', []], ['sing', 'a', []]], 0, undefined, false), 3);
      equal(log, [['navigate', 'http://127.0.0.1/x', { ports: [1] }]]);
    } finally {
      console.warn = warn;
    }
    equal(said, [
      "exciton: the host sent 'order dance', which this page doesn't know",
      "exciton: the host sent 'sing a', which this page doesn't know",
    ]);
  },
});
