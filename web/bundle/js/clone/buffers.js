// Binary: each buffer is copied once, with all of its views.

import { uncloneable } from './errors.js';
import { BRANDS } from './kinds.js';
import { attempt, getterOf, prototypeOf } from './objects.js';

// What the wire says of a view.
export function flatView(view, walk) {
  const type = typedArrayName.call(view) || 'DataView';
  const part = type === 'DataView' ? dataView : typedArray;
  const blob = blobOf(part.buffer.call(view), walk);
  const [offset, length] = [part.byteOffset.call(view), part.length.call(view)];
  return { $: 'view', type, blob, offset, length };
}

// The index of a buffer's copy.
export function blobOf(buffer, walk) {
  if (walk.buffers === null) {
    walk.buffers = new Map();
    walk.blobs = [];
  }
  let index = walk.buffers.get(buffer);
  if (index === undefined) {
    const copy = snapshot(buffer);
    index = walk.blobs.push(copy) - 1;
    walk.buffers.set(buffer, index);
  }
  return index;
}

function snapshot(buffer) {
  // Undefined for what is no ArrayBuffer, shared memory included.
  const length = attempt(BRANDS.ArrayBuffer, buffer);
  if (length === undefined || (isResizable !== null && isResizable.call(buffer))) throw uncloneable();
  try {
    // Not slice(), which would ask the buffer for its constructor. It throws if the buffer is detached.
    const view = new Uint8Array(buffer);
    const copy = room(length);
    copy.set(view);
    return copy;
  } catch {
    throw uncloneable();
  }
}

// The memory of the latest large copy, for the next one: a browser takes so much from the system page by page, which takes
// longer than to copy it. One of at most 16 MiB, for five seconds. What was made there is lent until it was pushed, and then
// free when nothing waits for the host's acknowledgement; whoever has a link says so, else nothing is kept.
export const shelf = { bytes: null, lent: null, isFree: null, timer: 0 };

function room(length) {
  if (shelf.isFree === null || length < 2 ** 18 || length > 2 ** 24) return new Uint8Array(length);
  const fits = shelf.bytes !== null && length <= shelf.bytes.length && shelf.lent === null && shelf.isFree();
  if (!fits) shelf.bytes = new Uint8Array(length);
  clearTimeout(shelf.timer);
  shelf.timer = setTimeout(() => (shelf.bytes = null), 5000);
  return (shelf.lent = new Uint8Array(shelf.bytes.buffer, 0, length));
}

const isResizable = getterOf(ArrayBuffer.prototype, 'resizable');
const TypedArrayPrototype = prototypeOf(Uint8Array.prototype);
const typedArrayName = getterOf(TypedArrayPrototype, Symbol.toStringTag);
const typedArray = {
  buffer: getterOf(TypedArrayPrototype, 'buffer'),
  byteOffset: getterOf(TypedArrayPrototype, 'byteOffset'),
  length: getterOf(TypedArrayPrototype, 'length'),
};
const dataView = {
  buffer: getterOf(DataView.prototype, 'buffer'),
  byteOffset: getterOf(DataView.prototype, 'byteOffset'),
  length: getterOf(DataView.prototype, 'byteLength'),
};
