// How the page is connected to its main process: what Electron, whose pages can't lose theirs, has no name for.

import { EventEmitter } from './emitter.js';

// Events: 'change' (state, reason), 'lost' ({why, unknown, unsent, messages}), 'dropped' (channel, how many messages of
// it this page was too slow for).
export function createConnection(link) {
  class Connection extends EventEmitter {
    // 'connecting', 'open', 'reconnecting', 'catching-up' or 'closed'.
    get state() {
      return link.status()[0];
    }

    // Why it isn't open: 'network', 'unauthorized', or why the last link was lost: 'host-restarted', 'expired',
    // 'replaced', 'quit'. null if it is open, or has not been yet.
    get reason() {
      return link.status()[1];
    }

    // When the host is asked for again, as a Date; null while it is being asked, or there is no need to.
    get nextRetry() {
      const at = link.status()[2];
      return at === null ? null : new Date(performance.timeOrigin + at);
    }

    // Bytes that the host has not acknowledged, about: what waits, and what is on its way.
    get queuedBytes() {
      return link.status()[3];
    }

    // Resolves when half of what may wait is free, at once if it is: what to await before the next of many messages.
    ready() {
      if (link.wantRoom()) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    }
  }

  link.order('dropped', ([channel, count]) => connection.emit('dropped', channel, count));
  const waiting = [];
  const connection = new Connection();
  let [state, reason] = link.status();
  link.watch(() => {
    if (waiting.length > 0 && link.wantRoom()) for (const resolve of waiting.splice(0)) resolve();
    const [newState, newReason] = link.status();
    if (newState === state && newReason === reason) return;
    [state, reason] = [newState, newReason];
    connection.emit('change', state, reason);
  });
  return connection;
}
