import { createIpcRenderer } from './ipc_renderer.js';
import { createMessagePorts } from './message_ports.js';
import { equal, suite, thrown } from './suite.mjs';

// A link that writes down what is posted; order() and receive() are the host's. refuse: what the link has no room for.
function setUp() {
  const posted = [];
  const orders = new Map();
  let face;
  let told = () => {};
  const link = {
    refuse: false,
    post(text, blobs, settle, commit = null) {
      if (link.refuse) throw new RangeError('full');
      if (commit !== null) commit();
      posted.push(JSON.parse(text));
      told();
    },
    order: (name, handler) => orders.set(name, handler),
    attach: (given) => (face = given),
  };
  const clock = { later: (task) => setTimeout(task), report: (error) => posted.push(String(error)) };
  link.ports = createMessagePorts(link, clock);
  const scope = { MessageChannel: class extends MessageChannel {}, MessagePort };
  const { close, postMessage } = MessagePort.prototype;
  link.ports.patch(scope);
  return {
    link,
    posted,
    ipcRenderer: createIpcRenderer(link),
    channel: () => new scope.MessageChannel(),
    order: (name, args, ports) => orders.get(name)(args, null, false, ports === undefined ? undefined : { ports }),
    receive: (channel, args, ports) => face.message(channel, args, null, false, { ports }),
    // When so many packets have been posted.
    async count(most) {
      while (posted.length < most) await new Promise((then) => (told = then));
    },
    // The realm is everybody's.
    end() {
      for (const id of [1, 3, 2, 4, 6]) orders.get('port-close')([id]);
      Object.assign(MessagePort.prototype, { close, postMessage });
    },
  };
}

const heard = (port) => new Promise((then) => {
  port.onmessage = ({ data }) => then(data);
});

export const run = await suite({
  async 'a port that is handed over speaks to the host and is spoken to'() {
    const { ipcRenderer, posted, channel, order, count, end } = setUp();
    const { port1, port2 } = channel();
    port1.postMessage('before');
    ipcRenderer.postMessage('x', { a: 1 }, [port2]);
    equal(posted, [['send', 'x', [{ a: 1 }], [], { ports: [2] }]]);
    port1.postMessage(['after']);
    await count(3);
    equal(posted.slice(1), [['report', 'port', [2, 'before']], ['report', 'port', [2, ['after']]]]);
    order('port', [2, 'back']);
    equal(await heard(port1), 'back');
    end();
  },

  async 'a port that the host hands over is one of the browsers own'() {
    const { ipcRenderer, posted, receive, count, end } = setUp();
    const ports = [];
    ipcRenderer.on('x', (event) => ports.push(...event.ports));
    receive('x', [], [1]);
    equal([ports.length, ports[0] instanceof MessagePort], [1, true]);
    ports[0].postMessage(5);
    await count(1);
    equal(posted, [['report', 'port', [1, 5]]]);
    end();
  },

  'ports that come where nobody listens are closed'() {
    const { posted, receive, end } = setUp();
    receive('nobody', [], [1]);
    equal(posted, [['report', 'port-close', [1]]]);
    end();
  },

  async 'a page that closes its end says so after all that it posted'() {
    const { ipcRenderer, posted, channel, count, end } = setUp();
    const { port1, port2 } = channel();
    ipcRenderer.postMessage('x', 1, [port2]);
    port1.postMessage('last');
    port1.close();
    await count(3);
    equal(posted.slice(1), [['report', 'port', [2, 'last']], ['report', 'port-close', [2]]]);
    end();
  },

  async 'a port of the host that the page passes on goes on speaking'() {
    const { ipcRenderer, receive, order, end } = setUp();
    let moved;
    ipcRenderer.on('x', ({ ports }) => (moved = structuredClone(ports[0], { transfer: [ports[0]] })));
    receive('x', [], [1]);
    const values = [];
    const both = new Promise((then) => {
      moved.onmessage = ({ data }) => {
        values.push(data);
        if (values.length === 2) then();
      };
    });
    order('port', [1, 'one']);
    await new Promise((then) => setTimeout(then));
    globalThis.gc?.();
    order('port', [1, 'two']);
    await both;
    equal(values, ['one', 'two']);
    end();
  },

  async 'a port that came over another hears its messages, and then its close'() {
    const { ipcRenderer, receive, order, end } = setUp();
    let outer;
    ipcRenderer.on('x', ({ ports }) => ([outer] = ports));
    receive('x', [], [1]);
    const log = [];
    const closed = new Promise((then) => {
      outer.onmessage = ({ ports: [inner] }) => {
        inner.addEventListener('close', () => then(log.push('close')), { once: true });
        inner.onmessage = ({ data }) => log.push(data);
      };
    });
    order('port', [1, 'take'], [3]);
    order('port', [3, 'hello']);
    order('port-close', [3]);
    await closed;
    equal(log, ['hello', 'close']);
    end();
  },

  async 'what a page posted before it handed a port over comes before the close'() {
    const { ipcRenderer, channel, order, end } = setUp();
    const { port1, port2 } = channel();
    port2.postMessage('by the page');
    ipcRenderer.postMessage('x', 1, [port2]);
    order('port', [2, 'by the host']);
    order('port-close', [2]);
    const log = [];
    const closed = new Promise((then) => port1.addEventListener('close', then, { once: true }));
    port1.onmessage = ({ data }) => log.push(data);
    await closed;
    equal(log, ['by the page', 'by the host']);
    end();
  },

  async 'what can not go is refused, and nothing has changed'() {
    const { ipcRenderer, link, posted, channel, count, end } = setUp();
    const { port1, port2 } = channel();
    for (const transfer of [[{}], [port2, port2], [port2, new ArrayBuffer(1)], 'x', 5, {}, [null]]) {
      const error = thrown(() => ipcRenderer.postMessage('x', 1, transfer));
      equal([error.name, error.message], ['TypeError', 'Invalid value for transfer']);
    }
    equal(thrown(() => ipcRenderer.postMessage('x')).message, 'Insufficient number of arguments.');
    equal(thrown(() => ipcRenderer.postMessage('x', () => {}, [port2])).name, 'DataCloneError');
    link.refuse = true;
    equal(thrown(() => ipcRenderer.postMessage('x', 1, [port2])).message, 'full');
    link.refuse = false;
    equal(posted, []);
    port1.postMessage('works');
    ipcRenderer.postMessage('x', 1, [port2]);
    equal(thrown(() => ipcRenderer.postMessage('x', 1, [port2])).message, 'Invalid value for transfer');
    await count(2);
    equal(posted[1], ['report', 'port', [2, 'works']]);
    end();
  },
});
