// The JSON of copies, however deep.

import { isArray, keysOf } from './objects.js';

export function stringify(copy) {
  try {
    return JSON.stringify(copy);
  } catch {
    // A level may be three of JSON's, and engines run out of stack at a few thousand.
    return stringifyDeep(copy);
  }
}

// As JSON.stringify, without recursion.
function stringifyDeep(root) {
  const open = [{ keys: [0], at: 0, values: [root], end: '' }];
  let text = '';
  while (open.length > 0) {
    const top = open[open.length - 1];
    if (top.at === top.keys.length) {
      text += top.end;
      open.pop();
      continue;
    }
    const key = top.keys[top.at];
    const value = top.values[key];
    if (top.at > 0) text += ',';
    if (!isArray(top.values)) text += `${JSON.stringify(key)}:`;
    top.at += 1;
    if (typeof value === 'object' && value !== null) {
      const list = isArray(value);
      text += list ? '[' : '{';
      open.push({ keys: keysOf(value), at: 0, values: value, end: list ? ']' : '}' });
    } else {
      text += JSON.stringify(value);
    }
  }
  return text;
}
