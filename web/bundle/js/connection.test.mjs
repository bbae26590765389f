import { createConnection } from './connection.js';
import { listLost } from './loss.js';
import { equal, suite } from './suite.mjs';

// A link whose status the test sets; change() tells the watchers.
function setUp() {
  const watchers = [];
  const link = {
    now: ['connecting', null, null, 0],
    room: true,
    asked: 0,
    status: () => link.now,
    watch: (callback) => watchers.push(callback),
    order: (name, handler) => (link.orders[name] = handler),
    orders: {},
    wantRoom() {
      link.asked += 1;
      return link.room;
    },
  };
  const connection = createConnection(link);
  const changes = [];
  connection.on('change', (state, reason) => changes.push([state, reason]));
  const change = (...status) => {
    link.now = status;
    for (const callback of watchers) callback();
  };
  return { connection, link, changes, change };
}

export const run = await suite({
  'a change of state or reason is an event, and one of the next retry is not'() {
    const { connection, changes, change } = setUp();
    change('open', null, null, 0);
    change('reconnecting', 'network', null, 10);
    change('reconnecting', 'network', 500, 20);
    change('reconnecting', 'unauthorized', 600, 20);
    equal(changes, [['open', null], ['reconnecting', 'network'], ['reconnecting', 'unauthorized']]);
    equal([connection.state, connection.reason, connection.queuedBytes], ['reconnecting', 'unauthorized', 20]);
    equal(connection.nextRetry.getTime(), Math.floor(performance.timeOrigin + 600));
    change('open', null, null, 0);
    equal(connection.nextRetry, null);
  },

  'what a slow page missed is an event with the channel and the number'() {
    const { connection, link } = setUp();
    const heard = [];
    connection.on('dropped', (...args) => heard.push(args));
    link.orders.dropped(['ticks', 3]);
    equal(heard, [['ticks', 3]]);
  },

  async 'ready waits for room, and everybody who waited goes on'() {
    const { connection, link, change } = setUp();
    await connection.ready();
    link.room = false;
    const told = [];
    const both = Promise.all([1, 2].map((n) => connection.ready().then(() => told.push(n))));
    change('open', null, null, 9);
    await Promise.resolve();
    equal(told, []);
    link.room = true;
    change('open', null, null, 1);
    await both;
    equal(told, [1, 2]);
    change('open', null, null, 0);
    equal(link.asked, 5);
  },

  'the messages of a lost link are listed with what is known of each'() {
    const listed = listLost([
      ['["send","a",[1]],["report","port",[0,1]],["invoke","b",[{"$":"number","v":"-0"}]],["send","c",[2]]', 1, 3],
      ['["send","d",[{"$":"arraybuffer","blob":0}],[5]]', 0, 0],
      [null, 0, 1],
    ]);
    equal(listed, [
      { kind: 'invoke', channel: 'b', args: [-0], mayHaveRun: true },
      { kind: 'send', channel: 'c', args: [2], mayHaveRun: false },
      { kind: 'send', channel: 'd', args: undefined, mayHaveRun: false },
      { kind: 'send', channel: undefined, args: undefined, mayHaveRun: true },
    ]);
    equal(Object.is(listed[0].args[0], -0), true);
  },
});
