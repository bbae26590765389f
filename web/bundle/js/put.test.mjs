import { put } from './put.js';
import { withRequest } from './request.mjs';
import { equal, suite } from './suite.mjs';

function answerTo(status, responseText) {
  let answer;
  withRequest(status && { status, responseText }, () => (answer = put('/sync', '{}')));
  return answer;
}

// An answer with attachments as the browser has it: a character for each byte, those beyond ASCII at U+F780.
function folded(text, lengths, bytes) {
  const json = new TextEncoder().encode(JSON.stringify({ answer: text, blobs: lengths }));
  const all = [json.length & 255, json.length >> 8, 0, 0, ...json, ...bytes];
  return String.fromCharCode(...all.map((byte) => (byte < 128 ? byte : 0xf700 + byte)));
}

export const run = await suite({
  'a text goes as JSON, and bytes as bytes'() {
    for (const [body, kind] of [['{}', 'json'], [new Uint8Array(1), 'octet-stream']]) {
      const asked = withRequest({ status: 200, responseText: '{}' }, () => put('/sync', body));
      equal(asked.slice(0, 3), [['PUT', '/sync', false], ['content-type', `application/${kind}`], ['x-exciton', '1']]);
      equal(asked[3] === body, true);
    }
  },

  'an answer has its status'() {
    equal(answerTo(200, '{"answer":"é"}'), { answer: 'é', status: 200 });
    equal(answerTo(410, '{"lost":"quit"}'), { lost: 'quit', status: 410 });
    equal(answerTo(400, '{"error":{}}'), { error: {}, status: 400 });
  },

  'attachments are cut off what comes behind the JSON'() {
    const answer = answerTo(200, folded('é', [2, 0, 1], [255, 1, 128]));
    equal([answer.answer, answer.status], ['é', 200]);
    equal(answer.blobs.map((blob) => [...blob]), [[255, 1], [], [128]]);
  },

  'what came in part is none, and neither is what a proxy says in the place of the host'() {
    for (const text of ['', '{"answer":', '1', 'null', folded('', [3], [1, 2]), folded('', [1], [1, 2]), folded('', [1], [1]).slice(0, 9)]) {
      for (const status of [200, 202, 410]) equal(answerTo(status, text), { status: 0 });
    }
    for (const status of [502, 503, 504]) equal(answerTo(status, '{}').status, 0);
    equal(answerTo(null), { status: 0 });
  },

  'what is refused otherwise keeps its status'() {
    for (const status of [403, 413, 500]) equal(answerTo(status, '<p>no</p>'), { status });
  },
});
