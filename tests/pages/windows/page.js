// What every page of the windows' tests has.
const { ipcRenderer } = require('electron');

// A port that nobody closes.
ipcRenderer.postMessage('port-hold', null, [new MessageChannel().port2]);

window.id = 0;
ipcRenderer.invoke('who').then((id) => (window.id = id));

// Calls the host and keeps the outcome in window.calls[name]: {value} or {error}.
window.calls = {};
function call(name, channel, ...args) {
  ipcRenderer.invoke(channel, ...args).then(
    (value) => (window.calls[name] = { value }),
    ({ message }) => (window.calls[name] = { error: message }),
  );
}
