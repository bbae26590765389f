import { joined, message, utf8Bound } from './laid.js';
import { equal, suite } from './suite.mjs';

const TAIL = ']]';

// What is sent of a text: the text itself, or that of the bytes and how many they say that it has.
function sent(head, text) {
  const made = message(head, text, TAIL);
  if (typeof made === 'string') return { text: made };
  const count = new DataView(made.buffer, made.byteOffset).getUint32(0, true);
  return { count, text: new TextDecoder().decode(made.subarray(4)) };
}

const whole = (head, text) => head + text + TAIL;

export const run = await suite({
  'bytes are counted exactly where all is ASCII, else three for each unit'() {
    for (const length of [0, 1, 16383, 16384, 1 << 20, (1 << 22) - 128, (1 << 22) - 127, 1 << 23]) {
      const text = 'a'.repeat(length);
      equal(utf8Bound(text), length);
      for (const other of ['\u0080', 'é', '漢', '😀', '\ud800']) {
        const units = length + other.length;
        equal([utf8Bound(other + text), utf8Bound(text + other)], [3 * units, 3 * units]);
      }
    }
  },

  'a long text goes as bytes, a short one and one that is more than ASCII as a text'() {
    const head = '["data",9007199254740991,9007199254740991,[';
    const fits = 'a'.repeat(16384 - head.length - TAIL.length);
    equal(sent(head, fits.slice(1)), { text: whole(head, fits.slice(1)) });
    for (const text of [fits, 'a'.repeat(1 << 20), 'a'.repeat((1 << 22) - 64 - head.length - TAIL.length)]) {
      equal(sent(head, text), { count: whole(head, text).length, text: whole(head, text) });
      equal(sent(head, `${text}é`), { text: whole(head, `${text}é`) });
      equal(sent(head, `${text}${'a'.repeat(1 << 22)}`), { text: whole(head, `${text}${'a'.repeat(1 << 22)}`) });
    }
  },

  'what was laid out to be counted is sent, and nothing else of it'() {
    const [first, second] = ['a'.repeat(20000), 'b'.repeat(20000)];
    utf8Bound(first);
    equal(sent('[', second).text, whole('[', second));
    utf8Bound(first);
    utf8Bound(second);
    equal(sent('[', first).text, whole('[', first));
    utf8Bound(first);
    // The same text anew, behind another head.
    for (const head of ['["data",1,2,[', '[']) equal(sent(head, 'a'.repeat(20000)).text, whole(head, first));
    utf8Bound(`${first}é`);
    equal(sent('[', first).text, whole('[', first));
  },

  'what is put together is laid out as that'() {
    for (const length of [0, 1, 16384, 1 << 20, 1 << 22, 1 << 23]) {
      const text = 'a'.repeat(length);
      for (const [before, after] of [['["b",', ']'], ['["é",', ']'], ['', 'é']]) {
        const all = before + text + after;
        equal(joined(before, text, after), all);
        equal(utf8Bound(joined(before, text, after)), before + after === '["b",]' ? all.length : 3 * all.length);
        equal(sent('[', joined(before, text, after)).text, whole('[', all));
      }
      equal(sent('[', text).text, whole('[', text));
    }
  },

  'what is put together is never read as one'() {
    const { prototype } = TextEncoder;
    const { encodeInto } = prototype;
    const text = 'a'.repeat(1 << 20);
    let longest = 0;
    prototype.encodeInto = function (piece, room) {
      longest = Math.max(longest, piece.length);
      return encodeInto.call(this, piece, room);
    };
    try {
      const all = joined('["b",', text, ']');
      utf8Bound(all);
      equal(sent('[', all).count, whole('[', all).length);
    } finally {
      prototype.encodeInto = encodeInto;
    }
    equal(longest, text.length);
  },
});
