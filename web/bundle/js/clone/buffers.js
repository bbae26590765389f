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
    const copy = new Uint8Array(length);
    copy.set(new Uint8Array(buffer));
    return copy;
  } catch {
    throw uncloneable();
  }
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
