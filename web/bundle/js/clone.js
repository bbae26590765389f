// Values to and from the wire's JSON, by structured clone's rules. protocol/vectors/values.json says what the wire is.
//
// What the language's own structured clone can't clone throws its DataCloneError, and so do the browser's own objects
// (Blob and File among them, as in Electron) and resizable buffers. Nothing is sent with a part of it missing. A proxy
// can't be told from its target.

import { flatList } from './clone/flat.js';
import { reviveRoot } from './clone/revive.js';
import { stringify } from './clone/text.js';

// The list's JSON text, and the buffers that it names by index as Uint8Arrays, or null if there are none. They are
// copies: what the page does to a buffer afterwards is not sent. Each getter runs once, those of an object (of its symbols,
// too, whose values are not sent) before those of what is in it. An argument may be nested
// `depth` levels deep. An object in several places, or in itself, is one at the other end as well.
export function encode(args, depth = 1000) {
  const plain = primitives(args);
  if (plain !== null) return { text: plain, blobs: null };
  const { copy, blobs } = flatList(args, depth);
  return { text: stringify(copy), blobs };
}

// The text of a list that is nothing but what JSON has itself, and has no values in it, else null. Most small messages
// are such a list, and the walk takes ten times as long.
function primitives(args) {
  let text = '';
  for (let i = 0; i < args.length; i++) {
    let own = args[i];
    if (typeof own === 'number') {
      if (own - own !== 0 || (own === 0 && 1 / own < 0)) return null;
    } else if (typeof own === 'string') own = JSON.stringify(own);
    else if (own !== null && typeof own !== 'boolean') return null;
    text += i > 0 ? `,${own}` : own;
  }
  return `[${text}]`;
}

// The value that parsed JSON stands for; it becomes part of that value. blobs are Uint8Arrays or ArrayBuffers. A text
// that `mayHaveTags` says false to stands for itself. The limit leaves a level for the list that arguments are in.
export function decode(data, blobs, depth = 1001) {
  return reviveRoot(data, blobs || [], depth);
}

// Whether JSON text may hold a tag. An escaped key is none that our own ends write, but a key all the same.
export function mayHaveTags(text) {
  return text.includes('"$"') || text.includes('\\u0024');
}
