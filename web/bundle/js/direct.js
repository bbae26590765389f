// Frames of packets that bring no attachments, read and written here: between this and wasm, which owns the link, go numbers
// and the text of a batch.

import { isNatural } from './clone/objects.js';
import { message } from './laid.js';
import { put } from './put.js';

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
    const list = frame[3];
    if (!isNatural(frame[1]) || !isNatural(frame[2]) || !Array.isArray(list)) return false;
    const done = inbound.isDone(list);
    const skip = core.came(frame[1], frame[2], list.length, data.length, done);
    if (skip < 0) return false;
    if (skip === list.length) return true;
    // What is in most texts nowhere is looked for faster.
    const tagged = data.includes('$') && data.includes('"$":');
    // Most frames are such a one, and what runs for them is to be little.
    if (done) inbound.deliver(list[0], null, tagged);
    else core.consumed(inbound.packets(list, skip, null, tagged));
    return true;
  }

  const direct = {
    // What has come of the latest synchronous request, see put.js.
    answer: null,

    // The core has made a socket, and would handle what comes.
    opened(socket) {
      const others = socket.onmessage;
      socket.onmessage = (event) => {
        if (!take(event.data)) others(event);
      };
    },

    write(socket, first, ack, packets) {
      socket.send(message(`["data",${first},${ack},[`, packets, ']]'));
    },

    put: (url, body) => (direct.answer = put(url, body)),

    // Asks for the answer to one synchronous packet. Returns how far the host has consumed what the page sent, or -1 if it
    // doesn't say. got is the seq of an answer that it may forget, or -1.
    ask(url, opening, packet, seq, ack, got) {
      const told = got < 0 ? '' : `"got":[${got}],`;
      const answer = direct.put(url, `${opening}${ack},${told}"seq":${seq},"frames":[["data",${seq},${ack},[${packet}]]]}`);
      return answer.status === 200 && answer.admitted === seq + 1 ? answer.ack : -1;
    },

    asked: () => direct.answer,
  };
  return direct;
}
