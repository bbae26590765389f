'use strict'

// Mulberry32: numbers below 1, the same in every engine.
function randomFrom(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const VIEW_KINDS = [
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
  'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView',
].filter((name) => name in globalThis)

const ERROR_KINDS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
const SOURCES = ['a+', '\\/', '[^"]', '(?<n>.)', '\u20ac', '', '\\\\n', '(?:x){2}']
const KEYS = ['a', 'b', 'key', '$', '__proto__', 'constructor', 'toJSON', '0', '7', '10', '-1', '01', '', 'length', '\ud800', '$$', '\n']

class Mine {
  constructor() { this.mine = true }
}
class MyError extends TypeError {}

// A value of any shape that structured clone knows. Nodes are made first, and then refer to each other at random.
function generate(seed) {
  const random = randomFrom(seed)
  const below = (count) => Math.floor(random() * count)
  const pick = (list) => list[below(list.length)]
  const chance = (share) => random() < share
  const times = (most, make) => Array.from({ length: below(most + 1) }, make)

  const text = () => chance(0.2) ? pick(KEYS) : times(12, () => String.fromCharCode(pick([
    0x20 + below(0x60), below(0x20), 0x80 + below(0x800), 0xd800 + below(0x800), 0xffff - below(2), 0x2028, 0x22, 0x5c,
  ]))).join('')
  const bits = () => {
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(0, below(2 ** 32))
    view.setUint32(4, below(2 ** 32))
    return view.getFloat64(0)
  }
  const number = () => pick([
    () => below(100), () => -below(2 ** 31), () => random(), bits, () => pick([NaN, Infinity, -Infinity, -0, 0, 2 ** 53, 1e21, 5e-324]),
  ])()
  const bigint = () => {
    const digits = times(chance(0.1) ? 300 : 12, () => below(10)).join('')
    return chance(0.5) ? BigInt(`0${digits}`) : -BigInt(`0${digits}`)
  }
  const primitive = () => pick([
    () => undefined, () => null, () => chance(0.5), number, number, text, text, bigint,
  ])()

  const buffers = times(3, () => Uint8Array.from({ length: below(40) }, () => below(256)).buffer)
  buffers.push(new ArrayBuffer(16))
  const view = () => {
    const name = pick(VIEW_KINDS)
    const buffer = pick(buffers)
    const size = globalThis[name].BYTES_PER_ELEMENT ?? 1
    const offset = below(Math.floor(buffer.byteLength / size) + 1)
    return new globalThis[name](buffer, offset * size, below(Math.floor(buffer.byteLength / size) - offset + 1))
  }

  const nodes = []
  // How to fill the nodes that have others in them.
  const fills = []
  const any = () => (chance(0.4) || nodes.length === 0 ? primitive() : chance(0.1) ? pick(buffers) : pick(nodes))
  const container = (object, fill) => {
    fills.push(fill)
    return object
  }
  const put = (object, key) => Object.defineProperty(object, key, { value: any(), writable: true, enumerable: true, configurable: true })
  const object = () => {
    const made = pick([() => ({}), () => ({}), () => Object.create(null), () => new Mine()])()
    return container(made, () => times(6, () => put(made, chance(0.7) ? pick(KEYS) : text())))
  }
  const array = () => {
    const made = []
    return container(made, () => times(8, () => made.push(any())))
  }
  const sparse = () => {
    const made = new Array(below(20))
    return container(made, () => {
      times(4, () => made.length > 0 && put(made, below(made.length)))
      if (chance(0.5)) times(3, () => put(made, pick(KEYS.filter((key) => key !== 'length'))))
    })
  }
  const map = () => {
    const made = new Map()
    return container(made, () => times(5, () => made.set(any(), any())))
  }
  const set = () => {
    const made = new Set()
    return container(made, () => times(5, () => made.add(any())))
  }
  const error = () => {
    const made = new (pick([...ERROR_KINDS, MyError]))(...times(1, text))
    const hide = (key, value) => Object.defineProperty(made, key, { value, writable: true, configurable: true })
    if (chance(0.3)) hide('stack', pick([text(), undefined]))
    if (chance(0.2)) made.code = 'dropped'
    return container(made, () => chance(0.5) && hide('cause', any()))
  }
  const leaf = () => pick([
    () => new Date(pick([0, NaN, -1, 8.64e15, below(2e9) * 1000])),
    () => new RegExp(pick(SOURCES), pick(['', 'g', 'i', 'ms', 'dy', 'u', 'gimsuy'])),
    () => Object(pick([number, text, () => chance(0.5), bigint])()),
    view, view,
  ])()

  const size = chance(0.05) ? 100 : 12
  const makers = [object, object, array, array, sparse, map, set, error, leaf, leaf]
  for (let count = 1 + below(size); count > 0; count--) nodes.push(pick(nodes.length === 0 ? makers.slice(0, 8) : makers)())
  for (const fill of fills) fill()
  let root = chance(0.9) ? nodes[0] : any()
  // Sometimes far down.
  if (chance(0.01)) {
    for (let depth = below(800); depth > 0; depth--) {
      root = pick([() => [root], () => ({ $: root }), () => new Map([[root, depth]]), () => new Set([root]), () => [, root]])()
    }
  }
  return root
}
