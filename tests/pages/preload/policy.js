// The policy stands before the renderer, and forbids inline scripts and eval.
window.seen = [typeof api, typeof require];
try {
  window.evaluated = eval('1');
} catch (error) {
  window.evaluated = error.name;
}
