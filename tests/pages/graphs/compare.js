'use strict'

// Null if a clone is what structured clone makes of a value: classes, content, and which objects are the same ones; else
// where they differ first. `theirs` says that the clone is the browser's own, which isn't held to all of it.
function compare(value, clone, theirs) {
  const clones = new Map()
  const values = new Map()
  const open = [[value, clone, '']]
  while (open.length > 0) {
    const [one, two, where] = open.pop()
    const differ = (what) => `${where.slice(0, 200)}: ${what}`
    if (typeof one !== 'object' || one === null) {
      if (!Object.is(one, two)) return differ(`${name(one)} became ${name(two)}`)
      continue
    }
    if (typeof two !== 'object' || two === null) return differ(`${name(one)} became ${name(two)}`)
    const kind = kindOf(one)
    // Engines' own copies don't all keep which of these are the same.
    if (!theirs || !['Date', 'RegExp', 'Error', 'box', 'view'].includes(kind)) {
      if (clones.has(one) || values.has(two)) {
        if (clones.get(one) === two && values.get(two) === one) continue
        return differ(`${name(one)} is not the object that it was elsewhere`)
      }
      clones.set(one, two)
      values.set(two, one)
    }
    if (Object.getPrototypeOf(two) !== prototypeFor(one, kind)) return differ(`${name(one)} became ${name(two)}`)
    const before = parts(one, kind, theirs)
    const after = parts(two, kind, theirs)
    if (before.length !== after.length) {
      return differ(`${name(one)} with ${before.map(([key]) => key)} came with ${after.map(([key]) => key)}`)
    }
    for (let i = 0; i < before.length; i++) {
      if (before[i][0] !== after[i][0]) return differ(`${after[i][0]} came where ${before[i][0]} was`)
      open.push([before[i][1], after[i][1], `${where}.${before[i][0]}`])
    }
  }
  return null
}

function kindOf(object) {
  if (Array.isArray(object)) return 'Array'
  if (ArrayBuffer.isView(object)) return 'view'
  for (const Class of [Date, RegExp, Map, Set, Error, ArrayBuffer]) {
    if (object instanceof Class) return Class.name
  }
  if ([Number, String, Boolean, BigInt].some((Class) => object instanceof Class)) return 'box'
  return 'Object'
}

function prototypeFor(object, kind) {
  if (kind === 'Object') return Object.prototype
  if (kind === 'Error') return ERROR_KINDS.find((Class) => Class.name === object.name).prototype
  return Object.getPrototypeOf(object)
}

// What an object consists of, with a name for each part.
function parts(object, kind, theirs) {
  const own = () => Object.keys(object).map((key) => [key, object[key]])
  switch (kind) {
    case 'Array':
      return [...own(), ['length', object.length]]
    case 'view':
      return [['offset', object.byteOffset], ['bytes', object.byteLength], ['buffer', object.buffer]]
    case 'ArrayBuffer':
      return [['content', new Uint8Array(object).join()]]
    case 'Date':
      return [['time', object.getTime()]]
    case 'RegExp':
      return [['source', object.source], ['flags', object.flags], ['lastIndex', object.lastIndex]]
    case 'Map':
      return [...object].flatMap(([key, member], i) => [[`key ${i}`, key], [`value ${i}`, member]])
    case 'Set':
      return [...object].map((member, i) => [`value ${i}`, member])
    case 'box':
      return [['primitive', object.valueOf()]]
    case 'Error': {
      const has = (key) => Object.hasOwn(object, key)
      const said = [['message', object.message], ['own message', has('message')]]
      if (theirs) return said
      return [...said, ['stack', object.stack], ['own cause', has('cause')], ['cause', object.cause]]
    }
    default:
      return own()
  }
}

function name(value) {
  if (typeof value === 'object' && value !== null) return `a ${kindOf(value)} (${value.constructor?.name})`
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 99)) : Object.is(value, -0) ? '-0' : `${typeof value} ${String(value)}`
}
