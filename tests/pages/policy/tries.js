// Ways to have the page run a script that isn't its own. Each resolves to 'ran' or 'blocked', by what the browser itself
// says: the script calls ran(), or the browser tells of a violation, or an error is thrown.

const MARK = "(window.ran ?? parent.ran)()";

// name -> ({elsewhere: an origin of scripts that call ran(), at any path}) => what to do.
const TRIES = {
  'an image that fails, in a markup'() {
    put(`<img src="/none.png" onerror="${MARK}">`);
  },
  'an element that is opened, in a markup'() {
    put(`<details open ontoggle="${MARK}"></details>`);
  },
  'a script element with a text'() {
    document.body.append(Object.assign(document.createElement('script'), { text: MARK }));
  },
  'a script element with a nonce that is guessed'() {
    document.body.append(Object.assign(document.createElement('script'), { text: MARK, nonce: '0'.repeat(32) }));
  },
  'a module with a text'() {
    document.body.append(Object.assign(document.createElement('script'), { text: MARK, type: 'module' }));
  },
  'a script in a picture'() {
    const script = document.createElementNS('http://www.w3.org/2000/svg', 'script');
    script.textContent = MARK;
    put('<svg></svg>').append(script);
  },
  'a script of a data URL'() {
    load(`data:text/javascript,${encodeURIComponent(MARK)}`);
  },
  'a script of a blob'() {
    load(URL.createObjectURL(new Blob([MARK], { type: 'text/javascript' })));
  },
  'a script of another origin'({ elsewhere }) {
    load(`${elsewhere}/script.js`);
  },
  'a module of a data URL'() {
    return import(`data:text/javascript,${encodeURIComponent(MARK)}`);
  },
  'a link to a javascript URL'() {
    put(`<a href="javascript:void ${MARK}">x</a>`).click();
  },
  'a frame of a javascript URL'() {
    put(`<iframe src="javascript:void ${MARK}"></iframe>`);
  },
  'a frame with a script in its markup'() {
    const frame = put(`<iframe srcdoc="<script>${MARK}</script>"></iframe>`);
    // What its document violates is told there. It has run, or never will, when the frame is loaded.
    return new Promise((_, reject) => (frame.onload = reject));
  },
  'a handler that is an attribute'() {
    const button = put('<button>x</button>');
    button.setAttribute('onclick', MARK);
    button.click();
  },
  eval() {
    (0, eval)(MARK);
  },
  'new Function'() {
    new Function(MARK)();
  },
  'a function of a constructor'() {
    (async () => {}).constructor(MARK)();
  },
  'a timer with a text'() {
    // Refused, Firefox and WebKit throw and Chromium only tells.
    setTimeout(MARK);
  },
  'a base for the scripts of the page'({ elsewhere }) {
    const base = Object.assign(document.createElement('base'), { href: `${elsewhere}/` });
    document.head.prepend(base);
    load('script.js');
  },
};

function put(markup) {
  document.body.insertAdjacentHTML('beforeend', markup);
  return document.body.lastElementChild;
}

function load(src) {
  document.body.append(Object.assign(document.createElement('script'), { src }));
}

// One after the other, so that each outcome is that of its try. Returns {name: outcome}.
window.tryAll = async (elsewhere) => {
  const outcomes = {};
  for (const [name, attempt] of Object.entries(TRIES)) {
    window.trying = name;
    outcomes[name] = await outcomeOf(attempt, elsewhere);
    for (const base of document.querySelectorAll('base')) base.remove();
  }
  return outcomes;
};

async function outcomeOf(attempt, elsewhere) {
  const violated = new AbortController();
  const outcome = await new Promise((resolve) => {
    window.ran = () => resolve('ran');
    addEventListener('securitypolicyviolation', () => resolve('blocked'), { signal: violated.signal });
    Promise.resolve()
      .then(() => attempt({ elsewhere }))
      .catch(() => resolve('blocked'));
  });
  violated.abort();
  return outcome;
}
