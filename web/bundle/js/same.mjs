// Whether two values are the same to structured clone: of the same classes, with the same content, and with the same
// objects in the same places.

// Null, or where the first difference is: `.a[0] is 1, should be 2`.
export function difference(is, should) {
  // Which object of one stands for which of the other.
  const there = new Map();
  const back = new Map();
  const open = [[is, should, '']];
  while (open.length > 0) {
    const [one, two, where] = open.pop();
    const differ = (what) => `${where.slice(0, 200)} ${what}`;
    if (typeof two !== 'object' || two === null || typeof one !== 'object' || one === null) {
      if (!Object.is(one, two)) return differ(`is ${show(one)}, should be ${show(two)}`);
      continue;
    }
    if (there.has(one) || back.has(two)) {
      if (there.get(one) === two && back.get(two) === one) continue;
      return differ('is not the object that it was elsewhere');
    }
    there.set(one, two);
    back.set(two, one);
    if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(two)) return differ(`is ${show(one)}, should be ${show(two)}`);
    const parts = [partsOf(one), partsOf(two)];
    if (parts[0].length !== parts[1].length) return differ(`has ${parts[0].length} parts, should have ${parts[1].length}`);
    for (let i = parts[1].length - 1; i >= 0; i--) {
      const [[key, value], [name, other]] = [parts[0][i], parts[1][i]];
      if (key !== name) return differ(`has ${key} where ${name} should be`);
      open.push([value, other, `${where}.${name}`]);
    }
  }
  return null;
}

// What an object consists of: names and values, in order.
function partsOf(object) {
  if (object instanceof ArrayBuffer) return [['bytes', hex(new Uint8Array(object))]];
  if (ArrayBuffer.isView(object)) {
    return [['offset', object.byteOffset], ['length', object.byteLength], ['buffer', object.buffer]];
  }
  const parts = Object.keys(object).map((key) => [key, object[key]]);
  if (object instanceof Date) parts.push(['time', object.getTime()]);
  else if (object instanceof RegExp) parts.push(['source', object.source], ['flags', object.flags], ['lastIndex', object.lastIndex]);
  else if (object instanceof Map) [...object].forEach(([key, value], i) => parts.push([`key ${i}`, key], [`value ${i}`, value]));
  else if (object instanceof Set) [...object].forEach((value, i) => parts.push([`value ${i}`, value]));
  else if (object instanceof Error) parts.push(...['name', 'message', 'stack', 'cause'].map((key) => [key, object[key]]), ['own', ownOf(object)]);
  else if (Array.isArray(object)) parts.push(['length', object.length]);
  else if ([Number, String, Boolean, BigInt].some((box) => object instanceof box)) parts.push(['primitive', object.valueOf()]);
  return parts;
}

function ownOf(error) {
  return ['message', 'cause'].filter((key) => Object.hasOwn(error, key)).join();
}

function show(value) {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'thing'}`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : Object.is(value, -0) ? '-0' : String(value);
}

function hex(array) {
  return Array.from(array, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
