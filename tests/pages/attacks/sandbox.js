'use strict';
// A frame with an opaque origin; what it has got is passed on, and what it is to try.
const inner = document.createElement('iframe');
inner.sandbox = 'allow-scripts allow-forms allow-popups';
inner.src = `hostile.html${location.search}`;
document.body.append(inner);
const named = () => decodeURIComponent(location.hash.slice(1)).split('&')[0];
addEventListener('hashchange', () => inner.contentWindow.postMessage({ attempt: named() }, '*'));
addEventListener('message', ({ data }) => { document.documentElement.dataset.outcome = data; });
