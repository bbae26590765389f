// Runs a script of the main process where the page's policy forbids eval: as script elements that have the page's nonce.
// Such an element has no value, so what the script comes to is taken by a function that is written into its text.

// insert(text, hear): runs a classic script, at once, in the global scope. hear(event) is told of each error meanwhile, before
// the page is.
export function execute(code, insert) {
  const { expressions, end } = endings(code);
  let begun;
  let outcome;

  // Returns whether the script ran. One that doesn't parse does nothing, and the page isn't bothered with it unless nothing
  // else is left to try.
  function attempt(text, isLast = false) {
    let failure;
    begun = false;
    outcome = undefined;
    insert(text, (event) => {
      failure = { error: event.error ?? new Error(event.message) };
      if (begun || isLast) return;
      event.stopImmediatePropagation();
      event.preventDefault();
    });
    // What it called may have thrown where nobody minds; it went on to its end then.
    if (outcome !== undefined) return true;
    if (begun || isLast) outcome = failure ?? (begun ? { value: undefined } : undefined);
    // The page's own policy doesn't let it run.
    if (!begun && failure === undefined) outcome = { value: (0, eval)(code) };
    return outcome !== undefined;
  }

  const slot = (take) => Object.defineProperty(globalThis, SLOT, { value: take, configurable: true });
  slot((body) => {
    begun = true;
    if (body === undefined) return;
    try {
      outcome = { value: body() };
    } catch (error) {
      outcome = { error };
    }
  });
  try {
    // In front of a directive it would be none any more.
    const begin = `${/^\s*(['"])use strict\1/.test(code) ? "'use strict'; " : ''}${TAKE}();`;
    const value = (at) => `${TAKE}(() => (${code.slice(at, end)}\n))`;
    expressions.some((at) => attempt(at === 0 ? value(0) : begin + code.slice(0, at) + value(at)))
      || attempt(`${begin}${code}\n;${TAKE}(() => {})`, true);
  } finally {
    delete globalThis[SLOT];
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

// Where the script's last statement may begin, the likeliest first, and where it ends. It is a guess that the browser
// checks: a place within a text, a regular expression or a bracket leaves a bracket open, and doesn't parse.
export function endings(code) {
  const starts = { ';': undefined, '}': undefined };
  let depth = 0;
  let end = 0;
  let before;
  for (const { 0: token, index } of code.matchAll(TOKENS)) {
    if (/^(?:\s|\/[/*])/.test(token)) continue;
    if (token === ';' && depth === 0) {
      before = ';';
      continue;
    }
    // Behind a brace only a word surely begins a statement: x = {}\n[0] is one.
    if (before === ';' || (before === '}' && /^[\w$'"]/.test(token))) starts[before] = index;
    before = undefined;
    end = index + token.length;
    if ('([{'.includes(token)) depth += 1;
    if (')]}'.includes(token)) depth -= 1;
    if (token === '}' && depth === 0) before = '}';
  }
  const later = Object.values(starts).filter((at) => at !== undefined).sort((a, b) => b - a);
  return { expressions: [0, ...later].filter((at) => !STATEMENT.test(code.slice(at, end))), end };
}

const SLOT = Symbol.for('exciton.value');
const TAKE = "globalThis[Symbol.for('exciton.value')]";

const TOKENS = /\s+|\/\*[^]*?\*\/|\/\/.*|(["'])(?:\\[^]|(?!\1)[^\\])*\1|`(?:\\[^]|[^\\`])*`|[;{}()[\]]|[^\s;{}()[\]"'`/]+|[^]/g;

// What would be another thing as an expression, and what is nothing.
const STATEMENT = /^(?:\s|\/\*[^]*?\*\/|\/\/.*)*(?:$|[{]|(?:async\s+)?function\b|class\b|let\s*\[)/;
