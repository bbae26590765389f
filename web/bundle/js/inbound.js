// Packets from the host, handed out in order: messages to the faces, replies to whoever waits for them.
//
// Two things may hold messages back. Until the page has its listeners (DOMContentLoaded), messages wait, but replies
// don't, since scripts may await them. And a message never overtakes the code that awaits an earlier reply: that runs
// when the task ends, so messages behind a reply in one batch wait for a task of their own.

// link: {faces, frames: see frames.js, orders: name -> handler(args, blobs, tagged, extra), clock, blocked(),
// consumed(count), settle(seq, ok, value, blobs, tagged)}.
export function createInbound({ faces, frames, orders, clock, blocked, consumed, settle }) {
  const held = [];
  let early = true;
  // A reply was handed out in this task.
  let settled = false;
  // Packets since the first held one, that the core still believes to be on their way.
  let unreported = 0;
  let scheduled = false;
  // The face that is taking several packets.
  let taking;
  let missed = false;

  clock.whenReady(() => {
    early = false;
    if (held.length > 0) schedule();
  });

  // Called by the core for each frame, each in a task of its own. The first `skip` packets came before. blobs are all
  // packets' in order, or nothing. Returns how many of the rest are done with; consumed() follows for those that aren't.
  function packets(list, skip, blobs, tagged) {
    let at = 0;
    let done = 0;
    for (let i = 0; i < list.length; i++) {
      const packet = list[i];
      let own = null;
      if (blobs && packet.length > 3) own = blobs.slice(at, (at += packet[3].length));
      if (i < skip) continue;
      if (mayGo(packet)) {
        let count = 1;
        const face = blobs ? undefined : taker(packet);
        while (face && i + count < list.length && taker(list[i + count]) === face) count++;
        if (count > 1) count = row(face, list.slice(i, i + count));
        else deliver(packet, own, tagged);
        i += count - 1;
        if (unreported === 0 && held.length === 0) done += count;
        else unreported += count;
      } else {
        held.push([packet, own, tagged]);
        unreported += 1;
      }
    }
    if (held.length > 0 && !early) schedule();
    return done;
  }

  function mayGo(packet) {
    const reply = isReply(packet);
    if (early) return reply;
    return held.length === 0 && (reply || !settled);
  }

  function release() {
    scheduled = false;
    // Firefox runs tasks inside a synchronous request; no listener may run there.
    if (blocked()) {
      missed = true;
      return;
    }
    while (held.length > 0) {
      const [packet, own, tagged] = held[0];
      if (settled && !isReply(packet)) {
        schedule();
        return;
      }
      held.shift();
      deliver(packet, own, tagged);
    }
    const count = unreported;
    unreported = 0;
    if (count > 0) consumed(count);
  }

  function taskEnded() {
    settled = false;
  }

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    clock.later(release);
  }

  // The face that takes such a packet in a row with others: the only one that hears it.
  function taker(packet) {
    if (packet[0] !== 'send' || packet.length > 3) return undefined;
    let only;
    for (const face of faces) {
      if ((faces[1] || face.messages) && !hears(face, packet[1])) continue;
      if (only || !face.messages) return undefined;
      only = face;
    }
    return only;
  }

  // Returns how many it has taken.
  function row(face, list) {
    taking = face;
    try {
      return face.messages(JSON.stringify(list)) ?? list.length;
    } catch (error) {
      clock.report(error);
      return list.length;
    } finally {
      taking = undefined;
    }
  }

  function deliver(packet, blobs, tagged) {
    const kind = packet[0];
    const first = packet[1];
    const second = packet[2];
    const extra = packet[4];
    try {
      if (kind === 'send') message(first, second, blobs, tagged, extra);
      else if (isReply(packet)) {
        if (!settled) queueMicrotask(taskEnded);
        settled = true;
        settle(first, kind === 'reply', second, blobs, tagged);
      } else {
        const inside = kind === 'order' && extra?.frame > 0;
        const obey = inside ? frames.obey(first, extra) : kind === 'order' ? orders.get(first) : undefined;
        if (obey === undefined) console.warn(`exciton: the host sent '${kind} ${first}', which this page doesn't know`);
        else obey(second, blobs, tagged, extra);
      }
    } catch (error) {
      clock.report(error);
    }
  }

  function message(channel, args, blobs, tagged, extra) {
    if (extra?.frame > 0) {
      frames.message(channel, args, blobs, tagged, extra);
      return;
    }
    // Ports are everybody's, so that nobody's are closed.
    const listening = extra || !faces[1] ? faces : faces.filter((face) => hears(face, channel));
    for (const face of listening) {
      // Each face gets its own copy: what a listener does to its arguments is nobody else's business.
      const own = face === listening.at(-1) ? [args, blobs] : structuredClone([args, blobs]);
      try {
        face.message(channel, ...own, tagged, extra);
      } catch (error) {
        clock.report(error);
      }
    }
  }

  return {
    packets,
    deliver,

    // Whether the list will be done with when `packets` has taken it, whatever it calls: a reply's listeners come later.
    isDone: (list) => list.length === 1 && held.length === 0 && isReply(list[0]),

    // Another face has begun to listen: it may be to what comes next in a row.
    listens: () => taking?.stop?.(),

    // No synchronous call is under way any more.
    unblock() {
      if (!missed) return;
      missed = false;
      schedule();
    },

    // The link was lost. What arrived is still handed out, but the new link's count doesn't know it.
    restart() {
      unreported = 0;
    },
  };
}

function hears(face, channel) {
  return !face.hears || face.hears(channel);
}

function isReply(packet) {
  return packet[0] === 'reply' || packet[0] === 'fail';
}
