// A page that knows nothing of electron but what its preload script has put on window.
window.id = 0;
window.pushed = [];
// As in Electron, the page can't declare a name that was exposed.
api.onPushed((text) => window.pushed.push(text));
api.note('from the page');
api.pushMe('to the page');
api.who().then((id) => (window.id = id));
