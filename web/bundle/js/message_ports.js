// MessagePorts of the browser's own that reach to the host, over the link.
//
// A port that goes to the host is taken over: the page's reference is neutered, and the bridge keeps the browser's new one.
// Engines tell nobody that a port was closed. So the page's channels remember, weakly, which port belongs to which, and
// a page's end whose other end is bridged is told of a close, and tells of its own. What the page has passed on to a worker
// or a window by the browser's own postMessage is out of reach.

import { decode, encode } from './clone.js';

// clock: see clock.js. realm: the browser's own things; a test brings what Node has.
export function createMessagePorts(link, clock, realm = globalThis) {
  const { MessageChannel: Channel, MessagePort: Port, WeakRef: Ref, Event, structuredClone: clone } = realm;
  const { postMessage, close, start, addEventListener } = Port.prototype;
  const dispatch = Port.prototype.dispatchEvent;
  // The browser tells of a close itself.
  const native = 'onclose' in Port.prototype && realm.document !== undefined;
  // Said in the ports' own order by an end that is closed. The page never sees it.
  const CLOSED = `closed ${realm.crypto.randomUUID()}`;
  // Port -> {other: WeakRef of the channel's other port, bridge, closed, seen}.
  const known = new WeakMap();
  // Number on the link -> bridge {id, own, page: WeakRef or null, sent}.
  const bridges = new Map();
  let next = 2;
  const collected = new FinalizationRegistry((id) => tellClosed(bridges.get(id)));

  function post(text) {
    try {
      link.post(text);
    } catch (error) {
      clock.report(error);
    }
  }

  function tellClosed(bridge) {
    if (bridge === undefined || !bridges.delete(bridge.id)) return;
    close.call(bridge.own);
    post(`["report","port-close",[${bridge.id}]]`);
  }

  // Remembers the ports of a channel that the page has just made.
  function remember({ port1, port2 }) {
    watch(port1, { other: new Ref(port2), bridge: null, closed: false, seen: 0 });
    watch(port2, { other: new Ref(port1), bridge: null, closed: false, seen: 0 });
  }

  // The first listener of all, so that it can keep a message from the page.
  function watch(port, facts) {
    known.set(port, facts);
    addEventListener.call(port, 'message', (event) => {
      if (facts.bridge === null) return;
      facts.seen += 1;
      if (facts.bridge.over) maybeClose(port, facts);
    });
  }

  // The host has closed its end: the page's end hears of it when all is delivered that was posted before.
  function maybeClose(port, facts) {
    if (facts.seen < facts.bridge.sent || facts.closed) return;
    facts.closed = true;
    // After the other listeners of the last message.
    clock.later(() => {
      const event = new Event('close');
      if (native) return;
      const handler = port.onclose;
      dispatch.call(port, event);
      if (typeof handler === 'function') {
        try {
          handler.call(port, event);
        } catch (error) {
          clock.report(error);
        }
      }
    });
  }

  // Starts a bridge between the link and a port that only it knows. page: the end that the page has, if any is known.
  function bridge(id, own, page) {
    const made = { id, own, page: page === null ? null : new Ref(page), sent: 0, over: false };
    bridges.set(id, made);
    if (page !== null) {
      known.get(page).bridge = made;
      collected.register(page, id, made);
    }
    addEventListener.call(own, 'message', ({ data, ports }) => {
      if (data === CLOSED) tellClosed(made);
      else forward(made, data, ports);
    });
    if (native) addEventListener.call(own, 'close', () => tellClosed(made));
    addEventListener.call(own, 'messageerror', () => tellClosed(made));
    start.call(own);
    return made;
  }

  function forward({ id }, data, ports) {
    try {
      // A port that came along stands nowhere in a value of the wire.
      const { text, blobs } = encode([id, data]);
      link.post(packet('report', 'port', text, blobs, [...ports].map((port) => adopt(port, port))), blobs);
    } catch (error) {
      clock.report(error);
    }
  }

  function adopt(own, before) {
    const facts = known.get(before);
    const id = next;
    next += 2;
    const other = facts?.other.deref() ?? null;
    const otherFacts = other === null ? undefined : known.get(other);
    const made = bridge(id, own, other);
    if (facts?.bridge) {
      // It was the page's end of another bridge, which passes on.
      collected.unregister(facts.bridge);
      facts.bridge.passed = true;
      if (facts.bridge.over) postMessage.call(facts.bridge.own, CLOSED);
    }
    // Closed before it was handed over: after all that was posted to it.
    if (otherFacts?.closed) clock.later(() => clock.later(() => tellClosed(made)));
    return id;
  }

  const ports = {
    // Makes a page's channels remember, and its ports tell of their close.
    patch(scope) {
      const { MessageChannel: Own, MessagePort: OwnPort } = scope;
      const { close: ownClose } = OwnPort.prototype;
      const Patched = new Proxy(Own, {
        construct(target, args, as) {
          const channel = Reflect.construct(target, args, as === Patched ? target : as);
          remember(channel);
          return channel;
        },
      });
      Object.defineProperty(Own.prototype, 'constructor', { value: Patched, writable: true, configurable: true });
      Object.defineProperty(scope, 'MessageChannel', { value: Patched, writable: true, configurable: true });
      const patchedClose = {
        close() {
          const facts = known.get(this);
          if (facts !== undefined && !facts.closed) {
            facts.closed = true;
            if (facts.bridge !== null && !facts.bridge.over && !native) postMessage.call(this, CLOSED);
          }
          return ownClose.call(this);
        },
      }.close;
      Object.defineProperty(OwnPort.prototype, 'close', { value: patchedClose, writable: true, enumerable: true, configurable: true });
    },

    // Takes ports over. Throws if one can't go, and then all are as they were. Returns their numbers.
    take(list, packetOf) {
      if (!Array.isArray(list)) throw invalid();
      list.forEach((port, index) => {
        if (!(port instanceof Port) && Object.prototype.toString.call(port) !== '[object MessagePort]') {
          throw invalid(`Port at index ${index} is not a valid port`);
        }
        if (list.indexOf(port) !== index) throw invalid(`Port at index ${index} is a duplicate of an earlier port`);
      });
      const ids = list.map((_, index) => next + 2 * index);
      // The packet is refused before anything is neutered.
      let owned;
      const commit = () => {
        try {
          owned = list.length === 0 ? [] : clone(list, { transfer: list });
        } catch (cause) {
          throw invalid(cause.message);
        }
        owned.forEach((own, index) => adopt(own, list[index]));
      };
      return { ids, commit };
    },

    // The page's own ends of what the host hands over.
    give(ids) {
      return ids.map((id) => {
        const channel = new Channel();
        watch(channel.port2, { other: new Ref(channel.port1), bridge: null, closed: false, seen: 0 });
        bridge(id, channel.port1, channel.port2);
        return channel.port2;
      });
    },

    // Nobody listens where they came.
    drop(list) {
      for (const port of list) tellClosed(known.get(port)?.bridge);
    },

    size: () => bridges.size,
  };

  function over(made) {
    bridges.delete(made.id);
    made.over = true;
    const page = made.page?.deref();
    const facts = page === undefined ? undefined : known.get(page);
    collected.unregister(made);
    if (made.passed) postMessage.call(made.own, CLOSED);
    else if (facts !== undefined) maybeClose(page, facts);
    // What was posted before is delivered all the same.
    if (native || facts === undefined) close.call(made.own);
  }

  link.order('port', ([id, data], blobs, tagged, extra) => {
    const made = bridges.get(id);
    if (made === undefined) return;
    made.sent += 1;
    const given = extra?.ports === undefined ? [] : ports.give(extra.ports);
    postMessage.call(made.own, tagged ? decode(data, blobs) : data, given);
  });
  link.order('port-close', ([id]) => {
    const made = bridges.get(id);
    if (made !== undefined) over(made);
  });
  link.order('ports-lost', () => {
    for (const made of [...bridges.values()]) over(made);
  });
  return ports;
}

function invalid(text) {
  return new TypeError('Invalid value for transfer', text === undefined ? undefined : { cause: new TypeError(text) });
}

export function packet(kind, name, text, blobs, ports) {
  const lengths = blobs === null ? '' : blobs.map((blob) => blob.byteLength).join(',');
  const extra = ports.length === 0 ? '' : `,{"ports":[${ports.join(',')}]}`;
  if (blobs === null || blobs.length === 0) return `["${kind}",${JSON.stringify(name)},${text}${extra === '' ? '' : `,[]${extra}`}]`;
  return `["${kind}",${JSON.stringify(name)},${text},[${lengths}]${extra}]`;
}
