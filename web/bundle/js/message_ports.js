// MessagePorts of the browser's own that reach to the host, over the link.
//
// A port that goes to the host is taken over: the page's reference is neutered, and the bridge keeps the browser's new one.
// Engines tell nobody that a port was closed. So the page's channels remember, weakly, which port belongs to which, and
// a page's end whose other end is bridged is told of a close, and tells of its own. What the page has passed on to a worker
// or a window by the browser's own postMessage goes on speaking, but is out of reach for a close. So is what was dropped
// unclosed: a port that was collected can't be told from one that was passed on.

import { decode, encode } from './clone.js';
import { isArray } from './clone/objects.js';

const stampOf = Function.prototype.call.bind(Object.prototype.toString);

// clock: see clock.js. realm: the browser's own things; a test brings what Node has.
export function createMessagePorts(link, clock, realm = globalThis) {
  const { MessageChannel: Channel, MessagePort: Port, WeakRef: Ref, Event, structuredClone: clone } = realm;
  const { postMessage, close, start, addEventListener } = Port.prototype;
  const dispatch = Port.prototype.dispatchEvent;
  // The browser tells of a close itself.
  const native = 'onclose' in Port.prototype;
  // Said in the ports' own order by an end that is closed, to one that is ours.
  const CLOSED = `closed ${realm.crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  // Port -> what is known of this end of its channel: {other: WeakRef of the other end, bridge, closed, posted, received:
  // messages, closeAt: how many will have been received when the channel is closed, into and out of: for each message on its
  // way with ports, what is known of those}.
  const known = new WeakMap();
  // Number on the link -> bridge {id, own, view: the window whose it is, page: WeakRef or null, sent, ours: both ends are
  // bridged}.
  const bridges = new Map();
  let next = 2;

  function tellClosed(bridge) {
    if (bridge === undefined || !bridges.delete(bridge.id)) return;
    close.call(bridge.own);
    try {
      link.post(`["report","port-close",[${bridge.id}]]`);
    } catch (error) {
      clock.report(error);
    }
  }

  function watch(port, other, into, out) {
    track(port, { other: new Ref(other), bridge: null, closed: false, posted: 0, received: 0, closeAt: null, into, out });
  }

  function track(port, facts) {
    known.set(port, facts);
    addEventListener.call(port, 'message', ({ ports }) => {
      facts.received += 1;
      // A port is another object at each end of its way.
      const moved = ports.length > 0 ? facts.into.shift() : undefined;
      if (moved !== undefined) ports.forEach((arrived, index) => moved[index] && arrive(arrived, moved[index]));
      if (facts.received === facts.closeAt) clock.later(() => tellPage(port, facts));
    });
  }

  function arrive(port, facts) {
    track(port, facts);
    const peer = known.get(facts.other.deref());
    if (peer !== undefined) peer.other = new Ref(port);
    if (facts.bridge === null) return;
    facts.bridge.page = new Ref(port);
    // It was told while it was on its way, and was another object.
    if (facts.closed) clock.later(() => tellPage(port, facts, true));
  }

  // The page's end hears of the close, once.
  function tellPage(port, facts, again = false) {
    if (facts.closed && !again) return;
    facts.closed = true;
    close.call(facts.bridge.own);
    const event = new Event('close');
    dispatch.call(port, event);
    if (typeof port.onclose !== 'function') return;
    try {
      port.onclose.call(port, event);
    } catch (error) {
      clock.report(error);
    }
  }

  // Starts a bridge between the link and a port that only it knows. page: the end that the page has, if any is known.
  function bridge(id, own, view, page, { posted, into, out }) {
    const made = { id, own, view, page: page === null ? null : new Ref(page), sent: posted, into, out, ours: false };
    bridges.set(id, made);
    if (page !== null) known.get(page).bridge = made;
    addEventListener.call(own, 'message', ({ data, ports }) => {
      if (data === CLOSED) tellClosed(made);
      else forward(made, data, ports);
    });
    if (native) addEventListener.call(own, 'close', () => tellClosed(made));
    addEventListener.call(own, 'messageerror', () => tellClosed(made));
    start.call(own);
    return made;
  }

  function forward({ id, view, into }, data, ports) {
    try {
      const before = ports.length > 0 ? (into.shift() ?? []) : [];
      // A port that came along stands nowhere in a value of the wire.
      const { text, blobs } = encode([id, data]);
      link.post(portPacket('report', 'port', text, blobs, [...ports].map((port, index) => adopt(port, view, before[index]))), blobs);
    } catch (error) {
      clock.report(error);
    }
  }

  // facts: what is known of the port that it was before, if anything.
  function adopt(own, view, facts) {
    const id = next;
    next += 2;
    const other = facts?.bridge ? undefined : facts?.other.deref();
    const made = bridge(id, own, view, known.has(other) ? other : null, facts ?? { posted: 0, into: [], out: [] });
    if (facts?.bridge) {
      // The page's end of another bridge: from now on both ends are ours.
      facts.bridge.ours = made.ours = true;
      facts.bridge.page = null;
      if (!bridges.has(facts.bridge.id)) tellClosed(made);
    }
    // Closed before: after all that was posted to it.
    if (known.get(other)?.closed) clock.later(() => clock.later(() => tellClosed(made)));
    return id;
  }

  const ports = {
    // Makes a page's channels remember, and its ports tell of their close.
    patch(scope) {
      const { MessageChannel: Own, MessagePort: OwnPort } = scope;
      const { close: ownClose, postMessage: ownPost } = OwnPort.prototype;
      const Patched = new Proxy(Own, {
        construct(target, args, as) {
          const channel = Reflect.construct(target, args, as === Patched ? target : as);
          const [one, two] = [[], []];
          watch(channel.port1, channel.port2, one, two);
          watch(channel.port2, channel.port1, two, one);
          return channel;
        },
      });
      Object.defineProperty(Own.prototype, 'constructor', { value: Patched, writable: true, configurable: true });
      Object.defineProperty(scope, 'MessageChannel', { value: Patched, writable: true, configurable: true });
      const patched = {
        postMessage(message, options) {
          ownPost.apply(this, arguments);
          const facts = known.get(this);
          if (facts === undefined) return;
          facts.posted += 1;
          const list = isArray(options) ? options : options?.transfer;
          const ports = isArray(list) ? list.filter((one) => stampOf(one) === '[object MessagePort]') : [];
          if (ports.length > 0) facts.out.push(ports.map((port) => known.get(port)));
        },

        close() {
          const facts = known.get(this);
          if (facts !== undefined && !facts.closed) {
            facts.closed = true;
            if (facts.bridge !== null && !native) postMessage.call(this, CLOSED);
          }
          return ownClose.call(this);
        },
      };
      for (const [name, value] of Object.entries(patched)) {
        Object.defineProperty(OwnPort.prototype, name, { value, writable: true, enumerable: true, configurable: true });
      }
    },

    // Of ports that are to go to the host: their numbers, and commit(), which takes them over. Either throws if one can't
    // go, and then nothing has changed.
    take(list, view = clock.view) {
      if (!isArray(list)) throw invalid();
      list.forEach((port, index) => {
        // One of a frame's realm is no instance of this one's.
        if (!(port instanceof Port) && stampOf(port) !== '[object MessagePort]') throw invalid(`Port at index ${index} is not a valid port`);
        if (list.indexOf(port) !== index) throw invalid(`Port at index ${index} is a duplicate of an earlier port`);
      });
      const ids = list.map((_, index) => next + 2 * index);
      return {
        ids,
        commit() {
          let owned = [];
          try {
            if (list.length > 0) owned = clone(list, { transfer: list });
          } catch (error) {
            throw invalid(error.message);
          }
          owned.forEach((own, index) => adopt(own, view, known.get(list[index])));
        },
      };
    },

    // The page's own ends of what the host hands over.
    give(ids, view = clock.view, RealmChannel = Channel) {
      return ids.map((id) => {
        const there = bridges.get(id)?.page?.deref();
        if (there !== undefined) return there;
        const { port1, port2 } = new RealmChannel();
        const [into, out] = [[], []];
        watch(port2, port1, into, out);
        bridge(id, port1, view, port2, { posted: 0, into: out, out: into });
        return port2;
      });
    },

    // Nobody listens where they came.
    drop(list) {
      for (const port of list) tellClosed(known.get(port)?.bridge);
    },

    // The window's document goes, and its ports with it.
    leave(view) {
      for (const made of [...bridges.values()]) if (made.view === view) tellClosed(made);
    },

    // How many there are.
    size: () => bridges.size,
  };

  // The host's end is closed. What was posted before is delivered all the same.
  function over(made) {
    bridges.delete(made.id);
    const page = made.page?.deref();
    if (made.ours) postMessage.call(made.own, CLOSED);
    if (native || page === undefined) {
      close.call(made.own);
      return;
    }
    const facts = known.get(page);
    facts.closeAt = made.sent;
    if (facts.received >= made.sent) clock.later(() => clock.later(() => tellPage(page, facts)));
  }

  link.order('port', ([id, data], blobs, tagged, extra) => {
    const made = bridges.get(id);
    if (made === undefined) return;
    made.sent += 1;
    const given = extra?.ports === undefined ? [] : ports.give(extra.ports, made.view);
    if (given.length > 0) made.out.push(given.map((port) => known.get(port)));
    postMessage.call(made.own, tagged ? decode(data, blobs) : data, given);
  });
  link.order('port-close', ([id]) => {
    const made = bridges.get(id);
    if (made !== undefined) over(made);
  });
  // The link is another one.
  link.order('ports-lost', () => {
    for (const made of [...bridges.values()]) over(made);
  });
  return ports;
}

function invalid(text) {
  return new TypeError('Invalid value for transfer', text === undefined ? undefined : { cause: new TypeError(text) });
}

// A packet's JSON text. blobs may be null.
export function portPacket(kind, name, text, blobs, ports) {
  const lengths = blobs === null ? '' : blobs.map((blob) => blob.byteLength).join(',');
  const extra = ports.length === 0 ? '' : `,{"ports":[${ports.join(',')}]}`;
  if (blobs === null || blobs.length === 0) return `["${kind}",${JSON.stringify(name)},${text}${extra === '' ? '' : `,[]${extra}`}]`;
  return `["${kind}",${JSON.stringify(name)},${text},[${lengths}]${extra}]`;
}
