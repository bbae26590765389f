import { encode } from './clone.js';
import { shelf } from './clone/buffers.js';
import { FullError, TooLargeError, createLink } from './link.js';
import { withRequest } from './request.mjs';
import { equal, suite, thrown } from './suite.mjs';

const LIMITS = {
  batchPackets: 4,
  batchBytes: 300,
  wholeBytes: 400,
  packetBytes: 1000,
  outboxBytes: 2000,
  openInvokes: 3,
};

// A core that writes down what it is given, and counts from 0 like the real one. `parts` is what big packets become.
function coreOf({ parts = 1 } = {}) {
  const core = {
    pushed: [],
    next: 0,
    waiting: 0,
    response: { status: 200, responseText: '{"answer":null}' },
    push(text, count, bytes, blobs) {
      core.pushed.push([text, count, bytes, blobs]);
      core.waiting += bytes;
      core.next += bytes > LIMITS.wholeBytes ? parts : count;
      return core.next;
    },
    sync(text, bytes, blobs) {
      core.pushed.push(['sync', text, bytes, blobs]);
      core.next += 1;
      withRequest(core.response, () => core.callbacks.put('/sync', text));
    },
    queued: () => core.waiting,
    status: () => ['open', null, null],
    wantRoom: () => core.waiting === 0,
    consumed() {},
  };
  return core;
}

function linkOf(core, limits = LIMITS) {
  const clock = { view: { addEventListener() {} }, later() {}, whenReady: (callback) => callback(), report(error) { throw error; } };
  const made = createLink(core, limits, clock);
  core.callbacks = made.callbacks;
  return made;
}

// All microtasks that are waiting now have run.
const settled = () => Promise.resolve();

export const run = await suite({
  async 'packets of one task go over together, at the microtask'() {
    const core = coreOf();
    const { link } = linkOf(core);
    link.post('[1]');
    link.post('[2]');
    equal(core.pushed, []);
    await settled();
    equal(core.pushed, [['[1],[2]', 2, 7, null]]);
    link.post('[3]');
    await settled();
    equal(core.pushed[1], ['[3]', 1, 3, null]);
  },

  'a batch goes early when it has the packets or the bytes for it'() {
    const core = coreOf();
    const { link } = linkOf(core);
    for (let i = 0; i < 4; i++) link.post('[]');
    equal(core.pushed.map(([, count]) => count), [4]);
    // A third of the limit in characters may be all of it in UTF-8.
    link.post(`["${'a'.repeat(96)}"]`);
    equal(core.pushed.map(([, count]) => count), [4, 1]);
  },

  'a large copy lies where the one before did, once that was pushed and nothing waits for the host'() {
    const core = coreOf();
    const room = { ...LIMITS, packetBytes: 2 ** 26, outboxBytes: 2 ** 27 };
    const { link } = linkOf(core, room);
    const copy = (value, size = 2 ** 18) => encode([new Uint8Array(size).fill(value)]).blobs;
    const same = (one, two) => one[0].buffer === two[0].buffer;
    const { setTimeout } = globalThis;
    let later;
    try {
      globalThis.setTimeout = (callback) => void (later = callback);
      const [one, two] = [copy(1), copy(2)];
      equal(same(one, two), false);
      link.post('[]', one);
      core.waiting = 0;
      const three = copy(3);
      equal(same(two, three), false);
      link.post('[]', three);
      const four = copy(4);
      equal(same(three, four), false);
      link.post('[]', four);
      core.waiting = 0;
      const five = copy(5, 2 ** 18);
      equal([same(four, five), five[0]], [true, new Uint8Array(2 ** 18).fill(5)]);
      link.post('[]', five);
      core.waiting = 0;
      for (const size of [2 ** 18 - 1, 2 ** 24 + 1]) equal(same(five, copy(6, size)), false);
      const six = copy(6);
      equal(same(five, six), true);
      link.post('[]', six);
      core.waiting = 0;
      later();
      equal(same(six, copy(7)), false);
    } finally {
      globalThis.setTimeout = setTimeout;
      Object.assign(shelf, { bytes: null, lent: null, isFree: null });
    }
  },

  async 'bytes are counted as UTF-8 at most'() {
    const core = coreOf();
    const { link } = linkOf(core);
    link.post('["é"]');
    await settled();
    equal(core.pushed[0][2], 15);
  },

  async 'blobs of a batch follow each other and count'() {
    const core = coreOf();
    const { link } = linkOf(core);
    const [a, b, c] = [new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)];
    link.post('[1]', [a, b]);
    link.post('[2]');
    link.post('[3]', [c]);
    await settled();
    const [text, count, bytes, blobs] = core.pushed[0];
    equal([text, count, bytes], ['[1],[2],[3]', 3, 17]);
    equal([blobs.length, blobs[0] === a, blobs[1] === b, blobs[2] === c], [3, true, true, true]);
  },

  'a packet too big to travel whole goes alone, after what was before it'() {
    const core = coreOf({ parts: 3 });
    const { link, callbacks } = linkOf(core);
    const answers = [];
    link.post('[1]');
    link.post(`["${'a'.repeat(400)}"]`, null, (...answer) => answers.push(answer));
    equal(core.pushed.map(([, count, bytes]) => [count, bytes]), [[1, 3], [1, 404]]);
    callbacks.packets([['reply', 3, 'yes']], 0, null, false);
    equal(answers, [[true, 'yes', null, false]]);
  },

  'a text of the limit in ASCII travels whole'() {
    const core = coreOf();
    const { link } = linkOf(core);
    link.post(`["${'a'.repeat(396)}"]`);
    link.post(`["${'a'.repeat(397)}"]`);
    equal(core.pushed.map(([, count, bytes]) => [count, bytes]), [[1, 400], [1, 401]]);
  },

  'a packet over its limit is refused with both numbers, and nothing is queued'() {
    const core = coreOf();
    const { link } = linkOf(core);
    link.post(`["${'a'.repeat(996)}"]`);
    const error = thrown(() => link.post(`["${'a'.repeat(997)}"]`));
    equal([error instanceof TooLargeError, error.name, error.bytes, error.limit], [true, 'TooLargeError', 1001, 1000]);
    equal(thrown(() => link.sync(`["${'a'.repeat(997)}"]`)).name, 'TooLargeError');
    equal(core.pushed.length, 1);
  },

  'a full outbox refuses more with both numbers, until the core has less'() {
    const core = coreOf();
    const { link } = linkOf(core);
    const packet = `["${'a'.repeat(496)}"]`;
    for (let i = 0; i < 4; i++) link.post(packet);
    const error = thrown(() => link.post('[]'));
    equal([error instanceof FullError, error instanceof RangeError, error.name], [true, true, 'FullError']);
    equal([error.queued, error.limit, error.code], [2002, 2000, 'FULL']);
    equal(error.message, "Too much waits for the host: 2002 bytes with this, the limit is 2000");
    core.waiting = 1000;
    link.post(packet);
    equal(core.pushed.length, 5);
  },

  async 'what was let in is never refused by the core afterwards'() {
    const core = coreOf();
    const { link } = linkOf(core);
    const push = core.push;
    core.push = (text, count, bytes, blobs) => {
      if (core.waiting + bytes > LIMITS.outboxBytes) throw new Error('refused too late');
      return push(text, count, bytes, blobs);
    };
    for (const length of [496, 496, 496, 396]) link.post(`["${'a'.repeat(length)}"]`);
    equal(core.waiting, 1900);
    // 34 bytes, and 102 if that were not known; the next ones count 42 each.
    link.post(`["${'a'.repeat(30)}"]`);
    link.post(`["${'é'.repeat(10)}"]`);
    equal(thrown(() => link.post(`["${'é'.repeat(10)}"]`)).name, 'FullError');
    await settled();
    equal(core.waiting, 1976);
  },

  async 'invokes without an answer are bounded, flushed or not'() {
    const core = coreOf();
    const { link, callbacks } = linkOf(core);
    const settle = () => {};
    link.post('[0]', null, settle);
    link.post('[1]', null, settle);
    await settled();
    link.post('[2]', null, settle);
    const error = thrown(() => link.post('[3]', null, settle));
    equal([error.name, error.queued, error.limit, error.code], ['FullError', 4, 3, 'BUSY']);
    link.post('["send"]');
    await settled();
    callbacks.packets([['reply', 1, null]], 0, null, false);
    link.post('[3]', null, settle);
  },

  async 'a reply finds the call that it answers, whatever went between'() {
    const core = coreOf();
    const { link, callbacks } = linkOf(core);
    const answers = [];
    const call = (name) => link.post(`["${name}"]`, null, (ok, value) => answers.push([name, ok, value]));
    link.post('["send"]');
    call('a');
    link.sync('["sync"]');
    call('b');
    await settled();
    call('c');
    await settled();
    equal(core.next, 5);
    callbacks.packets([['reply', 4, 'to c'], ['fail', 3, { message: 'to b' }], ['reply', 1, 'to a'], ['reply', 1, 'again']], 0, null, false);
    equal(answers, [['c', true, 'to c'], ['b', false, { message: 'to b' }], ['a', true, 'to a']]);
  },

  'a synchronous call comes after all that was posted'() {
    const core = coreOf();
    const { link } = linkOf(core);
    link.post('[1]');
    core.response.responseText = '{"answer":5}';
    equal(link.sync('[2]'), { answer: 5, blobs: null });
    equal(core.pushed, [['[1]', 1, 3, null], ['sync', '[2]', 3, null]]);
    core.response.responseText = '{"error":{"message":"no"}}';
    equal(link.sync('[3]'), { error: { message: 'no' }, blobs: null });
  },

  async 'a lost link rejects what it carried, and says what may have run'() {
    const core = coreOf();
    const { link, callbacks } = linkOf(core);
    const lost = [];
    const answers = [];
    link.attach({ message() {}, lost: (detail) => lost.push(detail) });
    const call = (name) => link.post('[]', null, (ok, value) => answers.push([name, ok, value]));
    call('a');
    call('b');
    await settled();
    call('c');
    core.next = 0;
    callbacks.lost('host-restarted', 1, 1, 1, [['["invoke","x",[1]],["invoke","x",[{"$":"undefined"}],[]]', 0, 1]]);
    equal(answers, [
      ['a', false, { name: 'Error', message: 'The host was restarted; the call may have run', code: 'HOST_RESTARTED', mayHaveRun: true }],
      ['b', false, { name: 'Error', message: 'The host was restarted before the call was sent', code: 'HOST_RESTARTED', mayHaveRun: false }],
    ]);
    const messages = [
      { kind: 'invoke', channel: 'x', args: [1], mayHaveRun: true },
      { kind: 'invoke', channel: 'x', args: [undefined], mayHaveRun: false },
    ];
    equal(lost, [{ why: 'host-restarted', unknown: 1, unsent: 1, messages }]);
    // What had not been handed over belongs to the new link.
    await settled();
    callbacks.packets([['reply', 0, 'new']], 0, null, false);
    equal(answers[2], ['c', true, 'new']);
  },
});
