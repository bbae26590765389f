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
        if (!blobs && faces.length === 1 && faces[0].messages) {
          while (isMessage(list[i + count - 1]) && isMessage(list[i + count])) count++;
        }
        deliver(packet, own, tagged, count > 1 ? list.slice(i, i + count) : undefined);
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

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    clock.later(release);
  }

  // `row` is what comes in a row from this packet on, if that is more.
  function deliver(packet, blobs, tagged, row) {
    const [kind, first, second, , extra] = packet;
    try {
      if (row) faces[0].messages(JSON.stringify(row));
      else if (kind === 'send') message(first, second, blobs, tagged, extra);
      else if (isReply(packet)) {
        if (!settled) queueMicrotask(() => (settled = false));
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
    if (faces.length === 1) {
      faces[0].message(channel, args, blobs, tagged, extra);
      return;
    }
    // Each face gets its own copy: what a listener does to its arguments is nobody else's business.
    const copies = faces.map(() => [structuredClone(args), blobs === null ? null : blobs.map((blob) => blob.slice())]);
    faces.forEach((face, i) => {
      try {
        face.message(channel, ...copies[i], tagged, extra);
      } catch (error) {
        clock.report(error);
      }
    });
  }

  // Of the page itself, with nothing beside its arguments.
  function isMessage(packet) {
    return packet?.[0] === 'send' && packet.length === 3;
  }

  return {
    packets,

    // Whether the list will be done with when `packets` has taken it, whatever it calls: a reply's listeners come later.
    isDone: (list) => list.length === 1 && unreported === 0 && held.length === 0 && isReply(list[0]),

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

function isReply(packet) {
  return packet[0] === 'reply' || packet[0] === 'fail';
}
