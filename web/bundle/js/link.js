// The page's one link as JavaScript sees it: the object on globalThis[LINK]. Faces (ipcRenderer, a Rust page's) post
// packets and get messages; the core (wasm) numbers, keeps, sends and receives them.
//
// A call into wasm costs ten times what a small message does, so packets are gathered here and handed over once per
// task, at the microtask or before a synchronous call.

import { shelf } from './clone/buffers.js';
import { createDirect } from './direct.js';
import { createFrames, released } from './frames.js';
import { createInbound } from './inbound.js';
import { utf8Bound } from './laid.js';
import { listLost } from './loss.js';

export const LINK = Symbol.for('exciton');

// core: {push(texts joined by commas, count, bytes, blobs or null) -> seq after the last, sync(text, bytes, blobs),
// queued() -> bytes, consumed(count), status() -> [state, reason or null, next retry or null],
// wantRoom() -> whether there is room, and what direct.js needs}. limits: the host's, in bytes and packets.
// clock: {later(task), whenReady(callback)}, see clock.js.
export function createLink(core, limits, clock) {
  const faces = [];
  // What the host may want of the page itself: name -> handler.
  const orders = new Map();
  // Seq of an invoke -> its settle function.
  const unsettled = new Map();
  let waiting = emptyBatch();
  // It will be handed over when this task ends.
  let promised = false;
  // At most this many bytes wait in the core for the host's acknowledgement; asked for again when it seems too much.
  let queued = 0;
  let syncDepth = 0;
  const watchers = [];
  // The watchers will be called when this task ends.
  let told = false;

  const frames = createFrames({
    post: (...packet) => link.post(...packet),
    sync: (...packet) => link.sync(...packet),
    status: () => link.status(),
    watch: (callback) => link.watch(callback),
    wantRoom: () => link.wantRoom(),
    ports: () => link.ports,
    first: (text) => push(text, 1, utf8Bound(text), null, null),
    limit: limits.frames,
    clock,
  });

  const inbound = createInbound({
    faces,
    frames,
    orders,
    clock,
    blocked: () => syncDepth > 0,
    consumed: (count) => core.consumed(count),
    settle(seq, ok, value, blobs, tagged) {
      const settle = unsettled.get(seq);
      if (settle === undefined) return;
      unsettled.delete(seq);
      settle(ok, value, blobs, tagged);
    },
  });

  const direct = createDirect(core, inbound);
  shelf.isFree = () => core.queued() === 0;

  function taskEnded() {
    promised = false;
    flush();
  }

  function flush() {
    const { texts, settles, blobs, blobBytes } = waiting;
    const count = texts.length;
    if (count === 0) return;
    waiting = emptyBatch();
    const text = count === 1 ? texts[0] : texts.join();
    push(text, count, utf8Bound(text) + blobBytes, blobs, settles);
  }

  function push(text, count, bytes, blobs, settles) {
    const first = core.push(text, count, bytes, blobs) - count;
    if (blobs?.includes(shelf.lent)) shelf.lent = null;
    queued += bytes;
    if (settles === null) return;
    for (let i = 0; i < settles.length; i += 2) unsettled.set(first + settles[i], settles[i + 1]);
  }

  // Throws unless the packet fits. What it lets in can't be refused by the core later, in the microtask, where nobody
  // would hear of it: so it counts texts with the most bytes they may have until that matters, and then exactly.
  function requireRoom(text, blobBytes, settle) {
    const most = 3 * text.length + blobBytes;
    if (most > limits.packetBytes) {
      const bytes = utf8Bound(text) + blobBytes;
      if (bytes > limits.packetBytes) throw new TooLargeError(bytes, limits.packetBytes);
    }
    if (queued + 3 * waiting.length + waiting.blobBytes + most > limits.outboxBytes) {
      flush();
      queued = core.queued();
      const bytes = queued + utf8Bound(text) + blobBytes;
      if (bytes > limits.outboxBytes) throw new FullError('bytes', bytes, limits.outboxBytes, 'FULL');
    }
    if (settle !== null) {
      const open = unsettled.size + (waiting.settles?.length ?? 0) / 2 + 1;
      if (open > limits.openInvokes) throw new FullError('open invokes', open, limits.openInvokes, 'BUSY');
    }
  }

  const link = {
    // Of this object's protocol, for a face of another build.
    version: 1,

    // Queues a packet, given as its JSON text and its blobs (Uint8Array[] or null). settle is null for a send; for
    // an invoke it is called once: (true, value, blobs, tagged), or (false, {name, message, code?, data?, mayHaveRun?},
    // blobs, tagged). Throws FullError or TooLargeError, and then nothing was queued.
    // commit is called when it is sure to fit; what that throws keeps it from being queued, too.
    post(text, blobs = null, settle = null, commit = null) {
      const blobBytes = blobs === null ? 0 : total(blobs);
      requireRoom(text, blobBytes, settle);
      if (commit !== null) commit();
      // No text below a third of the limit can be over it, so that most are never looked through.
      if (3 * text.length + blobBytes > limits.wholeBytes) {
        // It gains nothing by waiting. If it is over the core cuts it into parts, and the last one's number is the packet's.
        flush();
        push(text, 1, utf8Bound(text) + blobBytes, blobs, settle && [0, settle]);
        return;
      }
      if (settle !== null) {
        if (waiting.settles === null) waiting.settles = [waiting.texts.length, settle];
        else waiting.settles.push(waiting.texts.length, settle);
      }
      if (!promised) {
        promised = true;
        queueMicrotask(taskEnded);
      }
      waiting.texts.push(text);
      waiting.length += text.length + 1;
      if (blobs !== null) {
        (waiting.blobs ??= []).push(...blobs);
        waiting.blobBytes += blobBytes;
      }
      const full = 3 * waiting.length + waiting.blobBytes >= limits.batchBytes;
      if (full || waiting.texts.length >= limits.batchPackets) flush();
    },

    // Sends a packet after all that was posted and waits for its answer: {answer, blobs} or {error, blobs}.
    sync(text, blobs = null) {
      flush();
      const bytes = utf8Bound(text) + (blobs === null ? 0 : total(blobs));
      if (bytes > limits.packetBytes) throw new TooLargeError(bytes, limits.packetBytes);
      syncDepth += 1;
      try {
        core.sync(text, bytes, blobs);
        const { error, answer, blobs: own = null } = direct.answer;
        direct.answer = null;
        return error === undefined ? { answer, blobs: own } : { error, blobs: own };
      } finally {
        syncDepth -= 1;
        if (syncDepth === 0) inbound.unblock();
      }
    },

    // From now on the face gets what the host sends: message(channel, args, blobs, tagged, extra) for each, where
    // args is JSON data (tagged: some of it stands for other values, see clone.js) and extra {frame?, ports?} or
    // undefined, and lost({why, ...}) with a lost link. A face that has hears(channel) gets only what that says true to when
    // it comes. One that has messages(text) gets the JSON of several packets instead, which bring nothing beside arguments
    // and which no other face hears; it returns how many it took, which are fewer after stop().
    attach(face) {
      faces.push(face);
    },

    // A face tells that it has begun to listen to something.
    listens: inbound.listens,

    // [state, reason or null, next retry in milliseconds of performance.now() or null, queued bytes]. The states are those
    // of connection.js.
    status() {
      return [...core.status(), core.queued() + waiting.length + waiting.blobBytes];
    },

    // Calls back, in a microtask, whenever the status has changed or the room that was asked for is there.
    watch(callback) {
      watchers.push(callback);
    },

    // Whether half of what may wait for the host is free. If not, the watchers are called when it is.
    wantRoom() {
      flush();
      return core.wantRoom();
    },

    // The handler gets the host's orders of that name, in their place among its messages: (args, blobs, tagged, extra).
    order(name, handler) {
      orders.set(name, handler);
    },

    // The link of a document in a frame below the page, for whom it is what this one is for the page.
    join: frames.join,

    // Whether the page's document is no more.
    released: released(clock.view, clock.later),
  };

  return {
    link,

    // What the core calls.
    callbacks: {
      packets: inbound.packets,
      ...direct,

      // The link has ended and a new one begins, counting from 0. Packets before `departed` had left this page, and
      // `unknown` of them were not acknowledged, so nobody knows whether they arrived; `unsent` had not left.
      // packets are those without an acknowledgement, see loss.js.
      lost(why, departed, unknown, unsent, packets) {
        inbound.restart();
        queued = 0;
        const before = [...unsettled];
        unsettled.clear();
        for (const [seq, settle] of before) settle(false, loss(why, seq < departed), null, false);
        const messages = listLost(packets);
        for (const face of faces) face.lost?.({ why, unknown, unsent, messages });
        frames.lost({ why, unknown, unsent, messages });
        orders.get('ports-lost')?.();
        orders.get('lost')?.([why]);
      },

      changed() {
        if (told) return;
        told = true;
        queueMicrotask(() => {
          told = false;
          for (const callback of watchers) callback();
        });
      },
    },
  };
}

// Something of which only `limit` may wait, and this would have made it `queued`.
export class FullError extends RangeError {
  constructor(what, queued, limit, code) {
    super(`Too much waits for the host: ${queued} ${what} with this, the limit is ${limit}`);
    this.queued = queued;
    this.limit = limit;
    this.code = code;
  }

  get name() {
    return 'FullError';
  }
}

// A message that has, or may have, more bytes than one may.
export class TooLargeError extends RangeError {
  constructor(bytes, limit) {
    super(`This message has up to ${bytes} bytes, the limit is ${limit}`);
    this.bytes = bytes;
    this.limit = limit;
    this.code = 'TOO_LARGE';
  }

  get name() {
    return 'TooLargeError';
  }
}

// settles: which packet, who waits for its answer, and so on.
function emptyBatch() {
  return { texts: [], length: 0, settles: null, blobs: null, blobBytes: 0 };
}

function total(blobs) {
  let bytes = 0;
  for (const blob of blobs) bytes += blob.byteLength;
  return bytes;
}

function loss(why, mayHaveRun) {
  const said = REASONS[why] ?? `The link was lost: ${why}`;
  const message = mayHaveRun ? `${said}; the call may have run` : `${said} before the call was sent`;
  return { name: 'Error', message, code: why.toUpperCase().replaceAll('-', '_'), mayHaveRun };
}

const REASONS = {
  'host-restarted': 'The host was restarted',
  expired: 'The host had given up this page',
  replaced: 'Another page took over',
  quit: 'The host has quit',
};
