// What the page does itself, in each way that its own file allows.
const { ipcRenderer } = require('electron');

document.body.append(document.querySelector('template').content.cloneNode(true));
ipcRenderer.invoke('who').then((id) => (window.id = id));
window.synced = ipcRenderer.sendSync('who-sync');
