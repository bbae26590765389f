// What the page prints, it also shows: before any other script, so that nothing is missed.
'use strict';

{
  const print = console.log;
  const early = [];
  const show = (line) => {
    const shown = document.getElementById('console');
    if (shown === null) early.push(line);
    else shown.append(...early.splice(0), line);
  };
  console.log = (...what) => {
    print.apply(console, what);
    show(`${what.join(' ')}\n`);
  };
}
