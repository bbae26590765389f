// What can be wrong with a value.

// A value is past a limit that both ends hold.
export class LimitError extends RangeError {
  constructor(what, actual, limit) {
    super(`${what}: ${actual}, and the limit is ${limit}`);
    this.name = 'LimitError';
    this.actual = actual;
    this.limit = limit;
  }
}

// The host sent what is no value. kind is the name that the vectors have for the trouble.
export class WireError extends TypeError {
  constructor(kind, message) {
    super(`exciton: the host sent a bad value: ${message}`);
    this.name = 'WireError';
    this.kind = kind;
  }
}

// The browsers' own error, in Electron's words.
export function uncloneable() {
  return new DOMException('An object could not be cloned.', 'DataCloneError');
}

export function tooDeep(level, limit) {
  return new LimitError('a value is nested too deep', level, limit);
}

export function tooManyDigits(count) {
  return new LimitError("a BigInt's digits are too many", count, BIGINT_DIGITS);
}

// Digits of the longest BigInt that travels: reading takes time that grows with their square.
export const BIGINT_DIGITS = 16384;
