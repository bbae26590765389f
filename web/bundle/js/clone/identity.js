// Which objects a walk has met: the second time, an object becomes a reference to its first copy.

import { isArray, keysOf } from './objects.js';

// Most messages have a few objects, and a Map costs as much as a dozen of them.
const FEW = 12;

// The copy that was made of an object, undefined if it is met for the first time.
export function copyOf(value, walk) {
  if (walk.many !== null) return walk.many.get(value);
  const { few } = walk;
  for (let i = 0; i < few.length; i += 2) {
    if (few[i] === value) return few[i + 1];
  }
  return undefined;
}

// Before anything is done with what is in the object. The walk's many, once there, hold the few as well.
export function remember(value, copy, walk) {
  const { few } = walk;
  if (walk.many !== null) walk.many.set(value, copy);
  else if (few.push(value, copy) > 2 * FEW) {
    walk.many = new Map();
    for (let i = 0; i < few.length; i += 2) walk.many.set(few[i], few[i + 1]);
  }
  return copy;
}

// The object's copy has become another one.
export function replace(value, copy, walk) {
  if (walk.many !== null) walk.many.set(value, copy);
  else walk.few[walk.few.indexOf(value) + 1] = copy;
  return copy;
}

// What stands for an object that was met before. Its number is known when all is done.
export function refer(value, walk) {
  const reference = { $: 'ref', v: -1 };
  walk.references ??= new Map();
  const known = walk.references.get(value) ?? [];
  walk.references.set(value, known);
  known.push(reference);
  return reference;
}

// Marks the first copy of each object that was met again, and numbers them in the order of the text. `wrap` makes an
// object that JSON.stringify writes. Returns the root, marked if need be.
export function mark(root, walk, wrap) {
  const marked = new Map();
  for (const [value, references] of walk.references) marked.set(copyOf(value, walk), references);
  let next = 0;
  const holder = [root];
  const open = [holder, 0];
  while (open.length > 0) {
    const key = open.pop();
    const container = open.pop();
    const copy = container[key];
    const references = marked.get(copy);
    if (references !== undefined) {
      for (const reference of references) reference.v = next;
      next += 1;
      container[key] = wrap({ $: 'def', v: copy });
    }
    // The first is taken out first.
    const keys = isArray(copy) ? copy : keysOf(copy);
    for (let i = keys.length - 1; i >= 0; i--) {
      const at = keys === copy ? i : keys[i];
      if (typeof copy[at] === 'object' && copy[at] !== null) open.push(copy, at);
    }
  }
  return holder[0];
}
