// Electron's ipcRenderer (https://www.electronjs.org/docs/latest/api/ipc-renderer) on a link.

import { decode, encode } from './clone.js';
import { EventEmitter } from './emitter.js';
import { joined } from './laid.js';
import { portPacket } from './message_ports.js';
import { sendToHost } from './send_to_host.js';

// Attaches a new ipcRenderer to the link (see link.js); lost(detail) is told of a lost link. Like Electron's, send,
// sendSync and invoke work without `this`.
export function createIpcRenderer(link, lost) {
  function requireContext() {
    if (link.released?.()) throw new Error('IPC method called after context was released');
  }

  class IpcRenderer extends EventEmitter {
    send(channel, ...args) {
      requireContext();
      const { text, blobs } = packet(SEND, channel, args);
      link.post(text, blobs);
    }

    // Takes MessagePorts only, as Electron's. If it throws, nothing was sent and no port is neutered.
    postMessage(channel, message, transfer) {
      requireContext();
      if (arguments.length < 2) throw new TypeError('Insufficient number of arguments.');
      if (typeof channel !== 'string') {
        const given = channel === undefined || channel === null ? String(channel) : '';
        throw new TypeError(`Error processing argument at index 0, conversion failure from ${given}`);
      }
      const { text, blobs } = encode([message]);
      const { ids, commit } = link.ports.take(transfer ?? []);
      link.post(portPacket('send', channel, text, blobs, ids), blobs, null, commit);
    }

    sendSync(channel, ...args) {
      requireContext();
      const { text, blobs } = packet(SYNC, channel, args);
      const result = link.sync(text, blobs);
      if ('error' in result) throw remoteError(decode(result.error, result.blobs));
      return decode(result.answer, result.blobs);
    }

    // Rejects where the others throw, but for a context that is gone: nobody hears of a promise of that.
    invoke(channel, ...args) {
      requireContext();
      const promise = new Promise(take);
      const { resolve, reject } = taken;
      try {
        const { text, blobs } = packet(INVOKE, channel, args);
        link.post(text, blobs, settler(channel, resolve, reject));
      } catch (error) {
        reject(error);
      }
      return promise;
    }

    _added() {
      link.listens?.();
    }

    // To the element that embeds this page, as an event `ipc-message`.
    sendToHost(channel, ...args) {
      requireContext();
      sendToHost(channel, args);
    }
  }

  const ipcRenderer = new IpcRenderer();
  const { emit } = ipcRenderer;
  link.attach({
    // Who replaces `emit` wants to see everything, and an 'error' that nobody hears is one.
    hears: (channel) => ipcRenderer.emit !== emit || channel === 'error' || channel in ipcRenderer._events,
    message(channel, args, blobs, tagged, extra) {
      const decoded = tagged ? decode(args, blobs) : args;
      const ports = extra?.ports === undefined ? [] : link.ports.give(extra.ports);
      const heard = ipcRenderer.emit(channel, { sender: ipcRenderer, ports }, ...decoded);
      if (!heard && ports.length > 0) link.ports.drop(ports);
    },
    lost,
  });
  return ipcRenderer;
}

// How a promise that was just made is settled. What waits with a call is to be little: a task may make thousands of them.
const taken = { resolve: null, reject: null };

function take(resolve, reject) {
  taken.resolve = resolve;
  taken.reject = reject;
}

function settler(channel, resolve, reject) {
  return (ok, value, own, tagged) => {
    try {
      const decoded = tagged ? decode(value, own) : value;
      if (ok) resolve(decoded);
      else reject(invokeError(channel, decoded));
    } catch (error) {
      reject(error);
    }
  };
}

// How packets of a kind begin. Most messages go where the one before went.
const [SEND, SYNC, INVOKE] = ['send', 'sync', 'invoke'].map((kind) => ({ kind, channel: '', text: `["${kind}","",` }));

// The packet's JSON text and its blobs, or null if it has none.
function packet(opening, channel, args) {
  // A getter among the arguments may send to another channel.
  const start = channel === opening.channel ? opening.text : openFor(channel, opening);
  const { text, blobs } = encode(args);
  if (blobs === null || blobs.length === 0) return { text: joined(start, text, ']'), blobs: null };
  const lengths = blobs.map((blob) => blob.byteLength).join(',');
  return { text: `${start}${text},[${lengths}]]`, blobs };
}

function openFor(channel, opening) {
  if (typeof channel !== 'string') {
    // The sentence of Electron's argument check; the channel is its second argument there.
    const given = channel === undefined || channel === null ? String(channel) : '';
    throw new TypeError(`Error processing argument at index 1, conversion failure from ${given}`);
  }
  opening.text = `["${opening.kind}",${JSON.stringify(channel)},`;
  opening.channel = channel;
  return opening.text;
}

// Electron's sentence, and what Electron loses: the code, the data and the error itself.
function invokeError(channel, { name, message, code, data, mayHaveRun }) {
  const cause = remoteError({ name, message, code, data, mayHaveRun });
  const error = new Error(`Error invoking remote method '${channel}': ${cause}`, { cause });
  return withDetails(error, { code, data, mayHaveRun });
}

function remoteError({ name, message, code, data, mayHaveRun }) {
  const error = new Error(message);
  if (name !== undefined && name !== 'Error') {
    Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  }
  return withDetails(error, { code, data, mayHaveRun });
}

function withDetails(error, details) {
  for (const [key, value] of Object.entries(details)) {
    if (value !== undefined) error[key] = value;
  }
  return error;
}
