import { attend } from './attend.js';
import { EventEmitter } from './emitter.js';
import { equal, suite } from './suite.mjs';

function setUp(facts) {
  const log = [];
  const tasks = [];
  const connection = new EventEmitter();
  connection.state = 'connecting';
  const page = { later: (task) => tasks.push(task), reload: () => log.push('reload'), show: (text) => log.push(text) };
  attend(connection, facts, page);
  const change = (state, reason) => {
    Object.assign(connection, { state, reason });
    connection.emit('change', state, reason);
  };
  return { connection, log, tasks, change };
}

export const run = await suite({
  'a page is loaded again only after a restart, and only if the application wants it'() {
    const { connection, log } = setUp({ reload: true });
    connection.emit('lost', { why: 'expired' });
    equal(log, []);
    connection.emit('lost', { why: 'host-restarted' });
    equal(log, ['reload']);
    const quiet = setUp({});
    quiet.connection.emit('lost', { why: 'host-restarted' });
    quiet.change('closed', 'quit');
    equal(quiet.log, []);
  },

  'a connection that is back at once is never told of'() {
    const { log, tasks, change } = setUp({ banner: true });
    change('reconnecting', 'network');
    equal(log, []);
    change('open', null);
    tasks.shift()();
    equal(log, [null, null]);
  },

  'the line says what is wrong'() {
    const { log, tasks, change } = setUp({ banner: true });
    change('reconnecting', 'network');
    tasks.shift()();
    change('closed', 'quit');
    change('closed', 'replaced');
    equal(log, ['Not connected. Trying again …', 'The application has quit.', 'This page is open in another tab.']);
  },
});
