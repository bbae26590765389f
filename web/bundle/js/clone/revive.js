// From parsed JSON to the value that it stands for. The data becomes part of that value.

import { WireError, tooDeep } from './errors.js';
import { isArray, keysOf } from './objects.js';
import { met, reviveTag } from './revive_tag.js';

// blobs are Uint8Arrays or ArrayBuffers.
export function reviveRoot(data, blobs, depth) {
  if (typeof data !== 'object') return data;
  const context = { blobs, buffers: [], depth, shared: [], slot: -1, revive, descend };
  return revive(data, context, 0);
}

function revive(data, context, level) {
  if (typeof data !== 'object' || data === null) return data;
  if (isArray(data)) {
    descend(context, level);
    met(data, context);
    for (let i = 0; i < data.length; i++) {
      const item = data[i];
      if (typeof item === 'object' && item !== null) data[i] = revive(item, context, level + 1);
    }
    return data;
  }
  const keys = keysOf(data);
  if (keys[0] === '$') return reviveTag(data, keys, context, level);
  descend(context, level);
  met(data, context);
  for (const key of keys) {
    if (key === '$') throw new WireError('tag', 'the key $ comes first in a tag');
    const member = data[key];
    // The key is the object's own: even __proto__ is set like any other.
    if (typeof member === 'object' && member !== null) data[key] = revive(member, context, level + 1);
  }
  return data;
}

function descend(context, level) {
  if (level >= context.depth) throw tooDeep(level + 1, context.depth);
}
