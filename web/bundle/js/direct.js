// Frames of packets that bring no attachments, read and written here: between this and wasm, which owns the link, go numbers
// and the text of a batch.

// core: {came(first, ack, count, size, done) -> how many to leave out, or -1 if it is for the core's own handler,
// consumed(count)}. inbound: see inbound.js.
export function createDirect(core, inbound) {
  function take(data) {
    // An ArrayBuffer can't.
    if (!data.startsWith?.('["data",')) return false;
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return false;
    }
    const first = frame[1];
    const ack = frame[2];
    const list = frame[3];
    if (!isSeq(first) || !isSeq(ack) || !Array.isArray(list)) return false;
    const done = inbound.isDone(list);
    const skip = core.came(first, ack, list.length, data.length, done);
    if (skip < 0) return false;
    if (skip === list.length) return true;
    // What is in most texts nowhere is looked for faster.
    const tagged = data.includes('$') && data.includes('"$":');
    const count = inbound.packets(list, skip, null, tagged);
    if (!done) core.consumed(count);
    return true;
  }

  return {
    // The core has made a socket, and would handle what comes.
    opened(socket) {
      const others = socket.onmessage;
      socket.onmessage = (event) => {
        if (!take(event.data)) others(event);
      };
    },

    write(socket, first, ack, packets) {
      socket.send(`["data",${first},${ack},[${packets}]]`);
    },
  };
}

function isSeq(number) {
  return Number.isSafeInteger(number) && number >= 0;
}
