import { createDirect } from './direct.js';
import { withRequest } from './request.mjs';
import { equal, suite } from './suite.mjs';

// A socket with a handler that notes what it gets, and a core that answers `came` with what `answer` says.
function setUp(answer, isDone = () => false) {
  const log = [];
  const core = {
    came(...told) {
      log.push(['came', ...told]);
      return answer;
    },
    consumed: (count) => log.push(['consumed', count]),
  };
  const inbound = {
    isDone,
    packets(list, skip, blobs, tagged) {
      log.push(['packets', list.length, skip, blobs, tagged]);
      return 1;
    },
    deliver: (packet, blobs, tagged) => log.push(['deliver', packet, blobs, tagged]),
  };
  const direct = createDirect(core, inbound);
  const socket = { onmessage: ({ data }) => log.push(['other', data]), send: (text) => log.push(['send', text]) };
  direct.opened(socket);
  return { direct, socket, log, receive: (data) => socket.onmessage({ data }) };
}

export const run = await suite({
  'a frame of packets is told in numbers, handed out, and then consumed'() {
    const { log, receive } = setUp(1);
    const text = '["data",7,3,[["send","a",[]],["send","b",[]]]]';
    receive(text);
    equal(log, [['came', 7, 3, 2, text.length, false], ['packets', 2, 1, null, false], ['consumed', 1]]);
  },

  'what is done with when it is handed out is told at once'() {
    const { log, receive } = setUp(0, (list) => list[0][0] === 'reply');
    const text = '["data",0,1,[["reply",0,{"$":"undefined"}]]]';
    receive(text);
    equal(log, [['came', 0, 1, 1, text.length, true], ['deliver', ['reply', 0, { $: 'undefined' }], null, true]]);
  },

  'of what came before nothing is handed out'() {
    const { log, receive } = setUp(1);
    receive('["data",0,0,[["send","a",[]]]]');
    equal(log.map(([name]) => name), ['came']);
  },

  'what the core refuses goes to its own handler'() {
    const { log, receive } = setUp(-1);
    const text = '["data",0,0,[["send","a",[]]]]';
    receive(text);
    equal(log.map(([name]) => name), ['came', 'other']);
    equal(log[1], ['other', text]);
  },

  'everything else goes to its own handler'() {
    const { log, receive } = setUp(0);
    const others = [
      '["ack",4]', '["data",', '["data",0]', '["data",-1,0,[]]', '["data",0,0.5,[]]', '["data",0,"0",[]]', '["data",0,0,{}]',
      new ArrayBuffer(4),
    ];
    for (const data of others) receive(data);
    equal(log, others.map((data) => ['other', data]));
  },

  'a synchronous packet is asked for in one text, and its answer kept'() {
    const { direct } = setUp(0);
    const ask = (got, responseText, status = 200) => {
      let ack;
      const asked = withRequest({ status, responseText }, () => (ack = direct.ask('/sync', '{"ack":', '["sync","a",[1]]', 7, 3, got)));
      return [asked[3], ack];
    };
    const frames = '"seq":7,"frames":[["data",7,3,[["sync","a",[1]]]]]}';
    equal(ask(-1, '{"ack":8,"admitted":8,"answer":5}'), [`{"ack":3,${frames}`, 8]);
    equal(direct.asked(), { ack: 8, admitted: 8, answer: 5, status: 200 });
    equal(ask(0, '{"ack":7,"admitted":8,"answer":5}'), [`{"ack":3,"got":[0],${frames}`, 7]);
    for (const [text, status] of [['{"ack":7,"admitted":7}', 200], ['{"ack":8,"admitted":8}', 202], ['{"lost":"quit"}', 410], ['', 200]]) {
      equal(ask(6, text, status)[1], -1);
    }
    equal(direct.asked().status, 0);
  },

  'packets are written as one frame'() {
    const { direct, socket, log } = setUp(0);
    direct.write(socket, 4, 2, '["send","a",[1]],["send","b",[]]');
    equal(log, [['send', '["data",4,2,[["send","a",[1]],["send","b",[]]]]']]);
  },

  'a long text goes as bytes, if it is ASCII'() {
    const { direct, socket, log } = setUp(0);
    socket.send = (message) => log.push(message.slice());
    for (const length of [20_000, 70_000, 30_000]) direct.write(socket, 4, 2, `["send","a",["${'x'.repeat(length)}"]]`);
    for (const bytes of log) {
      const text = new TextDecoder().decode(bytes.subarray(4));
      equal(new DataView(bytes.buffer).getUint32(0, true), text.length);
      equal(JSON.parse(text).slice(0, 3), ['data', 4, 2]);
    }
    equal(log.map((bytes) => bytes.length), [20_036, 70_036, 30_036]);
    log.length = 0;
    const packets = [`["send","a",["${'x'.repeat(20_000)}ä"]]`, `["send","a",["${'x'.repeat(5_000_000)}"]]`, '["send","a",[]]'];
    for (const text of packets) direct.write(socket, 4, 2, text);
    equal(log, packets.map((text) => `["data",4,2,[${text}]]`));
  },
});
