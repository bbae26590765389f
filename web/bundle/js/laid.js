// Long texts as the bytes in which they travel: browsers write bytes in a third of the time that a text takes.
//
// To count the bytes of a text takes as long as to lay them out, so what was laid out to be counted stays until something is
// written.

// What is sent was copied, so they are laid out here over and over again. A text that it doesn't take is too long to
// travel whole.
const MOST = 2 ** 22;
let desk;
let laid = null;
let laidIsAscii = false;

// Where the text begins, for what comes before it.
const AT = 64;
const LONG = 16384;
// A shorter one may be joined with others.
const ALONE = 2 ** 19;

const encoder = new TextEncoder();

// At least the bytes that the text has in UTF-8: as many, or three for each of its units.
export function utf8Bound(text) {
  const { length } = text;
  const isAscii = length < LONG || length > MOST - 2 * AT ? !/[^\x00-\x7f]/.test(text) : layOut(text);
  return isAscii ? length : 3 * length;
}

// A message without attachments: its bytes, until the next one's, or a text if it is short or isn't all ASCII.
export function message(before, text, after) {
  const length = before.length + text.length + after.length;
  const isBytes = length >= LONG && length <= MOST - AT && layOut(text);
  laid = null;
  if (!isBytes) return before + text + after;
  const start = AT - before.length;
  const end = start + length;
  encoder.encodeInto(before, desk.subarray(start));
  encoder.encodeInto(after, desk.subarray(AT + text.length));
  new DataView(desk.buffer).setUint32(start - 4, length, true);
  return desk.subarray(start - 4, end);
}

// The three in one. One that travels alone is laid out from its pieces, which an engine would copy together to read them as
// one text.
export function joined(before, text, after) {
  const whole = before + (text + after);
  if (text.length >= ALONE) layOut(whole, [before, text, after]);
  return whole;
}

// False if the text isn't all ASCII, which has more bytes than units, or is too long.
function layOut(text, pieces = [text]) {
  if (text === laid) return laidIsAscii;
  laid = null;
  if (text.length > MOST - AT) return false;
  desk ??= new Uint8Array(MOST);
  let at = AT;
  laidIsAscii = pieces.every((piece) => encoder.encodeInto(piece, desk.subarray(at, (at += piece.length))).read === piece.length);
  laid = text;
  return laidIsAscii;
}
