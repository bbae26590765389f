import { createFrames, released } from './frames.js';
import { equal, suite, thrown } from './suite.mjs';

// The page's link, and what was posted to it.
function pageOf(limit = 10) {
  const posted = [];
  const settles = [];
  const tasks = [];
  const view = {};
  view.parent = view;
  const clock = {
    view,
    later: (task) => tasks.push(task),
    whenReady(callback, { ready }) {
      if (ready === undefined) callback();
      else ready.then = callback;
    },
    report(error) {
      throw error;
    },
  };
  const post = (text, blobs = null, settle = null) => {
    if (post.error !== undefined) throw post.error;
    posted.push(text);
    settles.push(settle);
  };
  const sync = (text) => {
    posted.push(text);
    return { answer: { a: [1] }, blobs: [new Uint8Array([7])] };
  };
  const first = (text) => posted.unshift(text);
  const frames = createFrames({ post, sync, first, limit, clock });
  const run = () => tasks.splice(0).forEach((task) => task());
  return { frames, posted, settles, post, run, view };
}

// A window inside another one. Its classes tell what was made for it.
function viewIn(parent, name = '', more = {}) {
  const listeners = [];
  return {
    parent,
    name,
    location: { href: `http://here/${name}` },
    origin: 'http://here',
    closed: false,
    structuredClone: (value) => ({ made: name, value }),
    Uint8Array: class Bytes extends Uint8Array {},
    Error: class OwnError extends Error {},
    RangeError: class OwnRangeError extends RangeError {},
    addEventListener: (_, listener) => listeners.push(listener),
    hide: (persisted = false) => listeners.forEach((listener) => listener({ persisted })),
    ...more,
  };
}

export const run = await suite({
  'a document is reported before it sends, with its parent'() {
    const { frames, posted, view } = pageOf();
    const outer = viewIn(view, 'outer');
    const foreign = viewIn(outer, 'foreign');
    frames.join(outer).post('["send","a",[1]]');
    frames.join(viewIn(foreign, 'inner'));
    equal(posted, [
      '["report","frame",[1,0,"outer","http://here/outer","http://here"]]',
      '["send","a",[1],[],{"frame":1}]',
      '["report","frame",[2,1,"inner","http://here/inner","http://here"]]',
    ]);
  },

  'a packet tells its frame beside whatever else it tells'() {
    const { frames, posted, view } = pageOf();
    const link = frames.join(viewIn(view));
    const blobs = [new Uint8Array(2)];
    link.post('["send","}]",[{}]]');
    link.post('["send","a",[{}],[2]]', blobs);
    link.post('["send","a",[{"b":"}]"}],[],{"ports":[2,4]}]');
    equal(posted.slice(1), [
      '["send","}]",[{}],[],{"frame":1}]',
      '["send","a",[{}],[2],{"frame":1}]',
      '["send","a",[{"b":"}]"}],[],{"frame":1,"ports":[2,4]}]',
    ]);
  },

  'what a frame is given is made in its realm'() {
    const { frames, settles, view } = pageOf();
    const child = viewIn(view, 'child');
    const link = frames.join(child);
    const given = [];
    link.attach({ message: (channel, args, blobs) => given.push(channel, args, blobs[0].constructor.name) });
    frames.message('a', [1], [new Uint8Array(1)], false, { frame: 1 });
    link.post('["invoke","a",[]]', null, (ok, value, blobs) => given.push(ok, value, blobs));
    settles.at(-1)(true, { b: 1 }, null, false);
    equal(given, ['a', { made: 'child', value: [1] }, 'Bytes', true, { made: 'child', value: { b: 1 } }, null]);
    const result = link.sync('["sync","a",[]]');
    equal([result.made, result.value.answer, result.blobs[0].constructor.name], ['child', { a: [1] }, 'Bytes']);
  },

  'an error of the link is one of the frame'() {
    const { frames, post, view } = pageOf();
    const child = viewIn(view);
    const link = frames.join(child);
    post.error = Object.assign(new RangeError('too much'), { code: 'FULL', limit: 5 });
    const error = thrown(() => link.post('["send","a",[]]'));
    equal([error instanceof child.RangeError, error.message, error.code, error.limit], [true, 'too much', 'FULL', 5]);
  },

  'messages wait until the document has its listeners'() {
    const { frames, view } = pageOf();
    const ready = {};
    const link = frames.join(viewIn(view, 'child', { ready, structuredClone: (value) => value }));
    const heard = [];
    frames.message('early', [], null, false, { frame: 1 });
    link.attach({ message: (channel) => heard.push(channel) });
    equal(heard, []);
    ready.then();
    frames.message('later', [], null, false, { frame: 1 });
    equal(heard, ['early', 'later']);
  },

  'a reload keeps the number, and the document before gets nothing more'() {
    const { frames, posted, settles, run, view } = pageOf();
    const child = viewIn(view, 'child', { structuredClone: (value) => value });
    const heard = [];
    const before = frames.join(child);
    before.attach({ message: () => heard.push('before') });
    before.post('["invoke","a",[]]', null, () => heard.push('settled'));
    const settle = settles.at(-1);
    child.hide();
    before.post('["send","unload",[]]');
    run();
    frames.join(child).attach({ message: () => heard.push('after') });
    settle(true, 1, null, false);
    frames.message('a', [], null, false, { frame: 1 });
    equal(heard, ['after']);
    equal(posted.slice(2), [
      '["report","frame-left",[1]]',
      '["send","unload",[],[],{"frame":1}]',
      '["report","frame",[1,0,"child","http://here/child","http://here"]]',
    ]);
  },

  'a frame that is removed has gone, also while another site is in it'() {
    const { frames, posted, run, view } = pageOf();
    const [removed, navigated] = [viewIn(view, 'a'), viewIn(view, 'b')];
    frames.join(removed);
    frames.join(navigated);
    navigated.hide();
    removed.hide();
    removed.closed = true;
    run();
    navigated.closed = true;
    frames.join(viewIn(view, 'c'));
    equal(posted.slice(2, 6), [
      '["report","frame-left",[2]]',
      '["report","frame-left",[1]]',
      '["report","frame-gone",[1]]',
      '["report","frame-gone",[2]]',
    ]);
  },

  'a context is released after its unload handlers, and at once where its frame is removed'() {
    const { frames, run, view } = pageOf();
    const [removed, reloaded, other, cached] = [viewIn(view), viewIn(view), viewIn(view), viewIn(view)];
    const links = [removed, reloaded, other, cached].map((child) => frames.join(child));
    for (const child of [removed, reloaded, other]) child.hide();
    cached.hide(true);
    equal(links.map((link) => link.released()), [false, false, false, false]);
    removed.closed = true;
    other.document = 'the next one';
    equal(links.map((link) => link.released()), [true, false, true, false]);
    run();
    equal(links.map((link) => link.released()), [true, true, true, false]);
  },

  'there are no more frames than may be'() {
    const { frames, view } = pageOf(2);
    const first = viewIn(view);
    frames.join(first);
    frames.join(viewIn(view));
    equal(thrown(() => frames.join(viewIn(view))).message, 'A window may have 2 frames with an ipcRenderer, and this one has them');
    frames.join(first);
    first.closed = true;
    frames.join(viewIn(view));
  },

  'a new link hears of the frames before anything else'() {
    const { frames, posted, view } = pageOf();
    const lost = [];
    const [stays, left] = [viewIn(view, 'stays'), viewIn(view, 'left')];
    frames.join(stays).attach({ message() {}, lost: ({ value }) => lost.push(value) });
    frames.join(left);
    left.hide();
    posted.length = 0;
    posted.push('waits');
    frames.lost({ why: 'expired' });
    equal(posted, ['["report","frame",[1,0,"stays","http://here/stays","http://here"]]', 'waits']);
    equal(lost, [{ why: 'expired' }]);
  },

  'orders for a frame go to its handlers'() {
    const { frames, view } = pageOf();
    const link = frames.join(viewIn(view, 'child'));
    const obeyed = [];
    link.order('port', (args) => obeyed.push(args));
    frames.obey('port', { frame: 1 })([5], null, false, { frame: 1 });
    equal([obeyed, frames.obey('other', { frame: 1 })], [[{ made: 'child', value: [5] }], undefined]);
  },

  'a context that goes into the cache is not released'() {
    const tasks = [];
    const view = viewIn();
    const isReleased = released(view, (task) => tasks.push(task));
    view.hide(true);
    equal([isReleased(), tasks.length], [false, 0]);
  },
});
