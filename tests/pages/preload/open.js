// Without isolation what a preload script leaves on window is there, and contextBridge is not for it.
const { contextBridge, ipcRenderer } = require('electron');
window.preload = { ipcRenderer, isolated: process.contextIsolated };
try {
  contextBridge.exposeInMainWorld('api', {});
} catch (error) {
  window.preload.error = error.message;
}
