// What every page of the tabs' tests has: it keeps what comes, and shows it on window.
const { connection, ipcRenderer } = require('electron');

// The first contact is by socket, or with ?sync by a synchronous request: the two reach the host on different ways.
window.id = 0;
if (location.search.includes('sync')) window.id = ipcRenderer.sendSync('who-sync');
else ipcRenderer.invoke('who').then((id) => (window.id = id));

window.pushed = [];
ipcRenderer.on('pushed', (event, text) => window.pushed.push(text));

// Links of this document that were lost.
window.lost = [];
connection.on('lost', (detail) => window.lost.push(detail));

// How often the document was shown, and how often of that from the back/forward cache.
window.shows = 0;
window.thaws = 0;
addEventListener('pageshow', (event) => {
  window.shows += 1;
  if (!event.persisted) return;
  window.thaws += 1;
  // The very first thing after the cache: its answer has to come to this document.
  ipcRenderer.send('push-me', 'thawed');
  window.thawedAs = ipcRenderer.sendSync('who-sync');
});

// Calls the host and keeps the outcome in window.calls[name]: {value} or {error, code, mayHaveRun}.
window.calls = {};
function call(name, channel, ...args) {
  ipcRenderer.invoke(channel, ...args).then(
    (value) => (window.calls[name] = { value }),
    ({ message, code, mayHaveRun }) => (window.calls[name] = { error: message, code, mayHaveRun }),
  );
}
