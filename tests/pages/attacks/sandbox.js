'use strict';
// A frame with an opaque origin; what it has got is passed on, and what it is to try.
const inner = document.createElement('iframe');
inner.sandbox = 'allow-scripts allow-forms allow-popups';
inner.src = `hostile.html${location.search}`;
document.body.append(inner);
const attempt = decodeURIComponent;
addEventListener('hashchange', () => inner.contentWindow.postMessage({ attempt: attempt(location.hash.slice(1)) }, '*'));
addEventListener('message', ({ data }) => { document.documentElement.dataset.outcome = data; });
