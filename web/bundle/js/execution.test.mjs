import { endings, execute } from './execution.js';
import { equal, suite, thrown } from './suite.mjs';

// In a page by a script element, as page.js does it; elsewhere by what is nearest to it.
let hear;
const view = globalThis.document === undefined ? new EventTarget() : globalThis;
view.addEventListener('error', (event) => hear?.(event));

const runScript = await (async () => {
  if (view === globalThis) return element;
  const { runInThisContext } = await import('node:vm');
  return (text) => {
    try {
      runInThisContext(text);
    } catch (error) {
      tell(error);
    }
  };
})();

function element(text) {
  const script = document.createElement('script');
  script.text = text;
  document.documentElement.append(script);
  script.remove();
}

function tell(error) {
  view.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { error }));
}

function run(code) {
  return execute(code, (text, heard) => {
    hear = heard;
    runScript(text);
    hear = undefined;
  });
}

// What a page's own listeners hear of errors meanwhile.
function heard(body) {
  const errors = [];
  const hear = (event) => {
    errors.push(event.error.name);
    event.preventDefault();
  };
  view.addEventListener('error', hear);
  try {
    body();
  } finally {
    view.removeEventListener('error', hear);
  }
  return errors;
}

const tests = {
  'an expression has its value, whatever stands around it'() {
    for (const [code, value] of [
      ['1 + 1', 2],
      [' 1 + 1 ; // done\n;', 2],
      ['/* a; b */ 3', 3],
      ['"a; b"', 'a; b'],
      ['`a; ${[1, 2].join(";")}`', 'a; 1;2'],
      ['/[;(]/.test(";")', true],
      ['(() => { const a = 1; return a; })()', 1],
      ['1,\n2', 2],
      ['typeof this === typeof globalThis', true],
      ['void 0', undefined],
      ['"use strict"', 'use strict'],
    ]) equal([code, run(code)], [code, value]);
  },

  'so has the last of several statements'() {
    for (const [code, value] of [
      ['var made = 1; made', 1],
      ['var made = 2;\n// a\nmade + 1;\n', 3],
      ['for (var i = 0; i < 3; i++) { } i', 3],
      ['function twice(n) { return 2 * n; }\ntwice(4)', 8],
      ['function thrice(n) { return 3 * n } thrice(3); ', 9],
      ['if (true) { var a = 5; }\n[a][0]', undefined],
      ['var re = /;/; re.source', ';'],
      ['var t = `;${";"}`; t', ';;'],
      ['var b = { c: 1 }\nb.c', 1],
      ['"use strict"; (function () { return this; })()', undefined],
      ['if (0) 1; else 2; 3', 3],
    ]) equal([code, run(code)], [code, value]);
  },

  'other statements have none, nor what is too hard to guess'() {
    for (const code of ['var re = /[;}]/; re.source', 'var h = 1\nh', '', ' ', '// a', ';', 'var d = 1', '{ a: 1 }', 'if (1) { 2 }', 'function f() {}', 'class C {}', 'for (;;) break']) {
      equal([code, run(code)], [code, undefined]);
    }
    equal([typeof globalThis.f, globalThis.d], ['function', 1]);
  },

  'a statement runs once'() {
    globalThis.count = 0;
    for (const code of ['count += 1; ({}).a', 'count += 1; if (1) { }', 'count += 1; JSON.parse("{")', 'count += 1; } {']) {
      try {
        run(code);
      } catch {
        // Some throw, and the last doesn't parse.
      }
    }
    equal(globalThis.count, 3);
  },

  'what it throws is thrown, wherever'() {
    for (const [code, name] of [
      ['null.a', 'TypeError'],
      ['null.a; 1', 'TypeError'],
      ['1; null.a', 'TypeError'],
      ['if (1) { throw new RangeError("a") }', 'RangeError'],
      ['JSON.parse("{"); 1', 'SyntaxError'],
      ['} not JavaScript {', 'SyntaxError'],
      ['1; await 1', 'SyntaxError'],
    ]) {
      heard(() => equal([code, thrown(() => run(code)).name], [code, name]));
    }
    heard(() => equal(thrown(() => run('throw "a text"')), 'a text'));
  },

  'a page hears what the script throws, and nothing of what was only tried'() {
    equal(heard(() => run('var e = 1; if (e) { }')), []);
    equal(heard(() => thrown(() => run('if (1) { null.a }'))), ['TypeError']);
    equal(heard(() => thrown(() => run('} {'))), ['SyntaxError']);
  },

  'what a listener throws meanwhile is not the script\'s'() {
    globalThis.fail = () => tell(new TypeError('a listener'));
    equal(heard(() => equal(run('fail(); if (1) { }'), undefined)), ['TypeError']);
    equal(heard(() => equal(run('fail(); 6'), 6)), ['TypeError']);
  },

  'where no script element runs it is evaluated'() {
    equal(execute('var g = 7; if (g) { g; }', () => {}), 7);
    equal(thrown(() => execute('null.a', () => {})).name, 'TypeError');
  },

  'nothing is left behind'() {
    run('1');
    equal(Object.hasOwn(globalThis, Symbol.for('exciton.value')), false);
  },

  'the last statement is looked for where one may begin'() {
    const at = (code) => endings(code).expressions.map((start) => code.slice(start, endings(code).end));
    equal(at('a; b'), ['a; b', 'b']);
    equal(at('a; for (;;) { c } d'), ['a; for (;;) { c } d', 'd', 'for (;;) { c } d']);
    equal(at('a; { b }; class C {}'), ['a; { b }; class C {}']);
    equal(at('x = {}\n[0]'), ['x = {}\n[0]']);
    equal(at('(a; b)'), ['(a; b)']);
    equal(at('`${a; b}` + "c; d"'), ['`${a; b}` + "c; d"']);
  },
};

export const runTests = await suite(tests);
export { runTests as run };
