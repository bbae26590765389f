// The shapes of Electron's own IPC tutorial: one way, two ways, main to renderer.
const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('api', {
  note: (text) => ipcRenderer.send('note', text),
  who: () => ipcRenderer.invoke('who'),
  openWindow: (page, preferences) => ipcRenderer.invoke('open-window', page, preferences),
  onPushed: (callback) => ipcRenderer.on('pushed', (_event, text) => callback(text)),
  pushMe: (text) => ipcRenderer.send('push-me', text),
  about: { type: process.type, isolated: process.contextIsolated, file: __filename, folder: __dirname },
});

window.addEventListener('DOMContentLoaded', () => {
  for (const name of ['electron', 'exciton', 'node']) {
    document.getElementById(`${name}-version`).innerText = String(process.versions[name]);
  }
});
