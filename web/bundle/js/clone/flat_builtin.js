// What the wire says of the language's own objects. What a page put on them beside is not looked at.

import { uncloneable } from './errors.js';
import { BRANDS } from './kinds.js';
import { ERRORS, define, getterOf, has, ownProperty } from './objects.js';

const { forEach: eachOfMap } = Map.prototype;
const { forEach: eachOfSet } = Set.prototype;

// By brand: the object's tag; or, where there are values in it, {tag, list: what they come into or null, values}.
export const FLAT = {
  Date(value) {
    const time = BRANDS.Date.call(value);
    return { $: 'date', v: time === time ? time : null };
  },

  RegExp(value) {
    let flags = '';
    for (const [flag, isSet] of FLAGS) {
      if (isSet !== null && isSet.call(value)) flags += flag;
    }
    return { $: 'regexp', source: BRANDS.RegExp.call(value), flags };
  },

  // Keys and values in turn, as they are now: a getter further in may change them.
  Map(value) {
    const [list, values] = [[], []];
    eachOfMap.call(value, (member, key) => values.push(key, member));
    return { tag: { $: 'map', entries: list }, list, values };
  },

  Set(value) {
    const [list, values] = [[], []];
    eachOfSet.call(value, (member) => values.push(member));
    return { tag: { $: 'set', values: list }, list, values };
  },

  // The class's own name or Error, an own message and cause that are no getters, and the stack.
  Error(value) {
    const { name } = value;
    const tag = { $: 'error', name: ERRORS.includes(name) ? name : 'Error' };
    const message = ownProperty(value, 'message');
    if (message !== undefined && has(message, 'value')) define(tag, 'message', textOf(message.value));
    const cause = ownProperty(value, 'cause');
    const { stack } = value;
    if (typeof stack === 'string') define(tag, 'stack', stack);
    return { tag, list: null, values: cause !== undefined && has(cause, 'value') ? [cause.value] : [] };
  },
};

function textOf(value) {
  if (typeof value === 'symbol') throw uncloneable();
  return String(value);
}

const FLAGS = Object.entries({
  d: 'hasIndices', g: 'global', i: 'ignoreCase', m: 'multiline', s: 'dotAll', u: 'unicode', v: 'unicodeSets', y: 'sticky',
}).map(([flag, name]) => [flag, getterOf(RegExp.prototype, name)]);
