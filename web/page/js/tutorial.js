// The tutorial's two sources, and the lines that the main process printed.

const { ipcRenderer } = require('electron');

const terminal = document.getElementById('terminal');
ipcRenderer.on('terminal', (event, line) => terminal.append(`${line}\n`));

showCode('page-source', document.getElementById('tutorial').textContent);
showCode('main-source', await ipcRenderer.invoke('tutorial-source'));

function showCode(id, source) {
  const shown = document.getElementById(id);
  for (const [text, kind] of tokens(withoutIndent(source))) {
    const part = kind === undefined ? text : document.createElement('span');
    if (kind !== undefined) {
      part.className = kind;
      part.textContent = text;
    }
    shown.append(part);
  }
}

function withoutIndent(source) {
  const lines = source.split('\n').map((line) => line.trimEnd());
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '') lines.pop();
  const indents = lines.filter((line) => line !== '').map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  return lines.map((line) => line.slice(indent)).join('\n');
}

// Enough of JavaScript and Rust for these few lines: comments, texts, keywords.
function* tokens(source) {
  const kinds = /(\/\/.*)|('[^'\n]*'|"[^"\n]*")|\b(const|let|pub|fn|use|move|async)\b/g;
  let end = 0;
  for (const found of source.matchAll(kinds)) {
    if (found.index > end) yield [source.slice(end, found.index)];
    yield [found[0], found[1] ? 'c' : found[2] ? 's' : 'k'];
    end = found.index + found[0].length;
  }
  yield [source.slice(end)];
}
