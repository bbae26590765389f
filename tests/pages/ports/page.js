// Electron's cases of message ports, as a page sees them. Each is a function that throws if its name is not true.
const { ipcRenderer } = require('electron');

const port = (what, names, value) => ipcRenderer.invoke('port', what, names, value);
const after = (emitter, name) => new Promise((then) => emitter.addEventListener(name, then, { once: true }));
const come = () => new Promise((then) => ipcRenderer.once('port', (event, value) => then({ event, value })));

function equal(is, should) {
  const [a, b] = [JSON.stringify(is), JSON.stringify(should)];
  if (a !== b) throw new Error(`is ${a}, should be ${b}`);
}

function thrown(body) {
  try {
    body();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
  throw new Error('nothing was thrown');
}

// The next values at a port.
function next(at, count) {
  return new Promise((then) => {
    const values = [];
    at.addEventListener('message', function take({ data }) {
      values.push(data);
      if (values.length < count) return;
      at.removeEventListener('message', take);
      then(values);
    });
    at.start();
  });
}

function channel() {
  const { port1, port2 } = new MessageChannel();
  return [port1, port2];
}

const cases = {
  async case_30_a_port_can_be_sent_to_the_main_process() {
    const [mine, theirs] = channel();
    theirs.postMessage('never read');
    mine.postMessage('before');
    ipcRenderer.postMessage('port-echo', 'x', [theirs]);
    mine.postMessage('after');
    equal(await next(mine, 3), ['never read', 'before', 'after']);
    mine.close();
  },

  async case_31_a_message_can_be_sent_without_a_transfer() {
    ipcRenderer.postMessage('port-keep', 'nothing');
    ipcRenderer.postMessage('port-keep', 'nothing', undefined);
    ipcRenderer.postMessage('port-keep', 'nothing', []);
  },

  async case_32_an_invalid_transfer_is_refused_and_nothing_has_changed() {
    const [mine, theirs] = channel();
    const [, gone] = channel();
    structuredClone(gone, { transfer: [gone] });
    const refused = [[mine, {}], [theirs, new ArrayBuffer(8)], [theirs, theirs], [null], 5, 'x', { length: 0 }, [{ [Symbol.toStringTag]: 'MessagePort' }]];
    for (const transfer of refused) {
      equal(thrown(() => ipcRenderer.postMessage('port-echo', 'x', transfer)), 'TypeError: Invalid value for transfer');
    }
    equal(thrown(() => ipcRenderer.postMessage('port-echo', 'x', [gone])), 'TypeError: Invalid value for transfer');
    equal(thrown(() => ipcRenderer.postMessage('x')), 'TypeError: Insufficient number of arguments.');
    equal(thrown(() => ipcRenderer.postMessage()), 'TypeError: Insufficient number of arguments.');
    equal(thrown(() => ipcRenderer.postMessage(null, 1)), 'TypeError: Error processing argument at index 0, conversion failure from null');
    equal(thrown(() => ipcRenderer.postMessage('port-echo', () => {}, [theirs])).split(':')[0], 'DataCloneError');
    equal(thrown(() => ipcRenderer.postMessage('port-echo', theirs, [theirs])).split(':')[0], 'DataCloneError');
    mine.postMessage('works');
    ipcRenderer.postMessage('port-echo', 'x', [theirs]);
    equal(await next(mine, 1), ['works']);
    equal(thrown(() => ipcRenderer.postMessage('port-echo', 'x', [theirs])), 'TypeError: Invalid value for transfer');
    mine.close();
  },

  async case_33_main_and_renderer_talk() {
    const [mine, theirs] = channel();
    ipcRenderer.postMessage('port-echo', 'x', [theirs]);
    const values = [1, 'two', [3, { four: 4 }], null];
    values.forEach((value) => mine.postMessage(value));
    equal(await next(mine, 4), values);
    const shared = { of: 'both' };
    mine.postMessage({ date: new Date(5), shared, map: new Map([[1, shared]]), bytes: new Uint8Array([1, 2]) });
    const [back] = await next(mine, 1);
    equal([back.date instanceof Date, back.map.get(1) === back.shared, [...back.bytes]], [true, true, [1, 2]]);
    mine.close();
  },

  async case_34_a_port_comes_over_a_port() {
    const [mine, theirs] = channel();
    ipcRenderer.postMessage('port-echo', 'x', [theirs]);
    const [inner, outer] = channel();
    inner.postMessage('waits');
    mine.start();
    const echoed = after(mine, 'message');
    mine.postMessage('take', [outer]);
    // The host gives it back over the same port.
    const { ports } = await echoed;
    inner.postMessage('then');
    equal(await next(ports[0], 2), ['waits', 'then']);
    ports[0].postMessage('back');
    equal(await next(inner, 1), ['back']);
    inner.close();
    mine.close();
  },

  async case_36_close_is_heard_when_the_main_process_closes_its_end() {
    const [mine, theirs] = channel();
    const closed = new Promise((then) => (mine.onclose = then));
    ipcRenderer.postMessage('port-keep', 'c36', [theirs]);
    await port('post', ['c36'], 'last');
    await port('close', ['c36']);
    const log = [];
    mine.onmessage = ({ data }) => log.push(data);
    const event = await closed;
    equal([log, event.type, event.target === mine], [['last'], 'close', true]);
  },

  async case_37_close_is_heard_when_the_other_end_is_dropped() {
    const [mine, theirs] = channel();
    ipcRenderer.postMessage('port-keep', 'c37', [theirs]);
    const closed = after(mine, 'close');
    await port('drop', ['c37']);
    await closed;
  },

  async case_38_close_is_heard_when_the_other_end_is_sent_to_nowhere() {
    const [mine, theirs] = channel();
    const closed = after(mine, 'close');
    mine.start();
    ipcRenderer.postMessage('nobody listens', null, [theirs]);
    await closed;
    // And from there to here.
    await port('new', ['a38', 'b38']);
    await port('send-nowhere', ['a38'], 1);
    await port('listen', ['b38']);
  },

  async case_45_one_end_of_a_channel_is_passed_to_a_page() {
    await port('new', ['a45', 'b45']);
    await port('post', ['a45'], 'waits');
    const coming = come();
    await port('send', ['b45'], 'hello');
    const { event, value } = await coming;
    equal([value, event.ports.length, event.ports[0] instanceof MessagePort], ['hello', 1, true]);
    await port('post', ['a45'], 'then');
    equal(await next(event.ports[0], 2), ['waits', 'then']);
    const closed = after(event.ports[0], 'close');
    await port('close', ['a45']);
    await closed;
  },

  async case_54_post_message_of_web_contents_and_of_a_frame_sends_a_message() {
    for (const send of ['send', 'send-frame']) {
      await port('new', ['a54', 'b54']);
      const coming = come();
      await port(send, ['b54'], { some: 'message' });
      const { event, value } = await coming;
      equal([value, event.ports.length], [{ some: 'message' }, 1]);
      event.ports[0].close();
    }
  },

  async case_62_and_63_ports_that_can_not_go_are_refused() {
    await port('new', ['a62', 'b62']);
    const error = (promise) => promise.then(() => 'none', ({ message }) => message.replace(/^.*Error: /, ''));
    equal(await error(port('send', ['a62', 'a62'], 1)), 'Port at index 1 is a duplicate.');
    const coming = come();
    await port('send', ['a62'], 1);
    const { event } = await coming;
    equal(await error(port('send', ['a62'], 1)), 'Port at index 0 is already neutered.');
    await port('post', ['b62'], 'still');
    equal(await next(event.ports[0], 1), ['still']);
    event.ports[0].close();
  },

  async case_66_and_74_pages_and_frames_hear_of_ports_in_the_main_process() {
    const [mine, theirs] = channel();
    ipcRenderer.postMessage('port-scope', 'x', [theirs]);
    equal(await next(mine, 3), ['frame', 'page', 'application']);
    mine.close();
  },

  async ports_of_a_frame_are_of_its_realm_and_go_with_it() {
    const frame = document.createElement('iframe');
    frame.src = 'frame.html';
    const loaded = new Promise((then) => frame.addEventListener('load', then, { once: true }));
    document.body.append(frame);
    await loaded;
    const { contentWindow: inner } = frame;
    equal(await inner.echoed, 'from a frame');
    const coming = inner.come();
    await port('new', ['af', 'bf']);
    await inner.port('send-frame-of', ['bf'], 'to a frame');
    const { value, ports } = await coming;
    equal([value, ports[0] instanceof inner.MessagePort, ports[0] instanceof MessagePort], ['to a frame', true, false]);
    equal(inner.refused, ['TypeError', true]);
    await port('listen', ['af']);
    frame.remove();
  },

  async a_port_of_the_host_is_passed_on_through_the_window() {
    await port('new', ['w1', 'w2']);
    const coming = come();
    await port('send', ['w2'], 1);
    const { event } = await coming;
    const arriving = after(window, 'message');
    window.postMessage('main-world-port', '*', event.ports);
    const [arrived] = (await arriving).ports;
    await port('post', ['w1'], 'through the window');
    equal(await next(arrived, 1), ['through the window']);
    await port('close', ['w1']);
  },

  async a_port_that_came_over_a_port_hears_the_close() {
    const [mine, theirs] = channel();
    ipcRenderer.postMessage('port-keep', 'outer', [theirs]);
    await port('new', ['n1', 'n2']);
    const coming = after(mine, 'message');
    mine.start();
    await port('post', ['outer', 'n2'], 'take');
    const [inner] = (await coming).ports;
    const closed = after(inner, 'close');
    const values = next(inner, 1);
    await port('post', ['n1'], 'last');
    await port('close', ['n1']);
    equal(await values, ['last']);
    await closed;
    mine.close();
  },

  async a_port_goes_through_the_host_and_comes_back() {
    const [mine, theirs] = channel();
    ipcRenderer.postMessage('port-keep', 'back', [theirs]);
    mine.postMessage(1);
    const coming = come();
    await port('send', ['back'], 'here');
    const { event } = await coming;
    mine.postMessage(2);
    equal(await next(event.ports[0], 2), [1, 2]);
    const closed = after(event.ports[0], 'close');
    mine.close();
    await closed;
  },

  async a_port_that_came_can_be_sent_on() {
    await port('new', ['on1', 'on2']);
    const coming = come();
    await port('send', ['on2'], 1);
    const { event } = await coming;
    ipcRenderer.postMessage('port-keep', 'on3', [event.ports[0]]);
    await port('listen', ['on3']);
    await port('start', ['on3']);
    await port('post', ['on1'], 'through the page');
    await port('close', ['on1']);
  },

  async message_channel_looks_as_ever() {
    const made = new MessageChannel();
    equal([MessageChannel.name, MessageChannel.length, made instanceof MessageChannel], ['MessageChannel', 0, true]);
    equal([made.constructor === MessageChannel, String(MessageChannel).includes('native code')], [true, true]);
    equal(MessagePort.prototype.close.name, 'close');
    class Own extends MessageChannel {}
    equal(new Own() instanceof Own, true);
    const [mine, theirs] = [made.port1, made.port2];
    theirs.postMessage({ a: 1 });
    equal(await next(mine, 1), [{ a: 1 }]);
  },

  async nothing_is_left() {
    while ((await ipcRenderer.invoke('port-count')) > 0) await new Promise((then) => setTimeout(then, 10));
  },
};

// Runs one and keeps what came of it in window.outcome: 'passed', or why not.
async function runCase(name) {
  window.outcome = undefined;
  try {
    await cases[name]();
    window.outcome = 'passed';
  } catch (error) {
    window.outcome = `${error}\n${error.stack}`;
  }
}
window.caseNames = Object.keys(cases);
