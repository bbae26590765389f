import { equal, suite } from './suite.mjs';
import { attachWindow } from './window.js';

// A window whose browser does nothing by itself: fire(name) is what it would tell.
function setUp({ watched, post } = {}) {
  const posted = [];
  const orders = new Map();
  const done = [];
  const hooks = {};
  const errors = [];
  const page = { href: 'http://h/', text: 'one' };
  const link = {
    post: post ?? ((text, blobs) => posted.push(blobs === null ? JSON.parse(text) : [JSON.parse(text), blobs.length])),
    order: (name, handler) => orders.set(name, handler),
  };
  const act = (name) => (...args) => done.push([name, ...args]);
  attachWindow(
    link,
    {
      console: { log() {}, info() {}, warn() {}, error() {}, debug() {} },
      report: (error) => errors.push(error.message),
      url: () => page.href,
      title: () => page.text,
      evaluate: (code, runner) => (runner === undefined ? (0, eval)(code) : runner),
      setTitle: act('title'),
      navigate: act('navigate'),
      reload: act('reload'),
      focus: act('focus'),
      close: act('close'),
      whenUncaught: () => () => done.push(['unwatched']),
      ...Object.fromEntries(
        ['whenParsed', 'whenLoaded', 'whenRetitled', 'whenMoved', 'whenShownAgain', 'whenLeaving'].map((name) => [
          name,
          (then) => (hooks[name] = then),
        ]),
      ),
    },
    watched,
  );
  const order = (name, ...args) => orders.get(name)(args);
  return { posted, done, errors, page, hooks, order };
}

export const run = await suite({
  'the host is told how far the page has come, and of its title only when it is another'() {
    const { posted, page, hooks } = setUp();
    equal(posted, []);
    hooks.whenParsed();
    hooks.whenRetitled();
    page.text = 'two';
    hooks.whenRetitled();
    hooks.whenRetitled();
    hooks.whenLoaded();
    equal(posted, [['report', 'dom-ready', ['one']], ['report', 'title', ['two']], ['report', 'load', []]]);
  },

  'another address is told once, and where the page is when it is shown again'() {
    const { posted, page, hooks } = setUp();
    hooks.whenMoved();
    page.href = 'http://h/#a';
    hooks.whenMoved();
    hooks.whenMoved();
    hooks.whenShownAgain();
    equal(posted, [['report', 'url', ['http://h/#a']], ['report', 'shown', ['http://h/#a', 'one']]]);
  },

  'what the host orders is done'() {
    const { done, order } = setUp();
    order('navigate', 'a/b');
    order('reload');
    order('title', 'x');
    order('focus');
    equal(done, [['navigate', 'a/b'], ['reload'], ['title', 'x'], ['focus']]);
  },

  'a page that closes for the host says so when it leaves, and any other does not'() {
    const { posted, done, hooks, order } = setUp();
    hooks.whenLeaving();
    equal(posted, []);
    order('close');
    hooks.whenLeaving();
    equal([posted, done], [[['report', 'closed', []]], [['close']]]);
  },

  'a link that ends because its window was closed closes it'() {
    const { done, order } = setUp();
    order('lost', 'expired');
    equal(done, []);
    order('lost', 'closed');
    equal(done, [['close']]);
  },

  async 'a script comes to its value, and a promise to what it is settled with'() {
    const { posted, order } = setUp();
    await order('execute', 1, '1 + 1');
    await order('execute', 2, 'Promise.resolve({ a: [undefined] })');
    await order('execute', 3, 'new Uint8Array([7])');
    await order('execute', 4, '', 'what runs it');
    equal(posted[0], ['report', 'executed', [1, true, 2]]);
    equal(posted[1][2].slice(0, 2), [2, true]);
    equal([posted[2][0][1], posted[2][0][3], posted[2][1]], ['executed', [1], 1]);
    equal(posted[3][2], [4, true, 'what runs it']);
  },

  async 'a script that throws, rejects, does not parse or has no value that travels comes to an error'() {
    const { posted, errors, order } = setUp();
    for (const code of [
      "throw new TypeError('a')",
      "Promise.reject(new RangeError('b'))",
      'throw 5',
      '} {',
      '() => {}',
      'throw { get message() { throw 1; } }',
    ]) {
      await order('execute', 1, code);
    }
    equal(errors, []);
    const failures = posted.map(([, , [, ok, error]]) => [ok, error.name, error.message]);
    equal(failures.slice(0, 3), [[false, 'TypeError', 'a'], [false, 'RangeError', 'b'], [false, undefined, '5']]);
    equal([failures[3][1], failures[4][1]], ['SyntaxError', 'DataCloneError']);
    equal(failures[5][2], 'something that has no text');
    equal(posted[0][2][2].stack.includes('window.js'), true);
  },

  'a report for which there is no room is an error of the page'() {
    const { errors, hooks } = setUp({ post() { throw new Error('full'); } });
    hooks.whenLoaded();
    equal(errors, ['full']);
  },

  'the console is watched from the start or by order'() {
    const { done, order } = setUp({ watched: true });
    order('console', false);
    order('console', true);
    order('console', false);
    equal(done, [['unwatched'], ['unwatched']]);
  },
});
