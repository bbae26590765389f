const { contextBridge, ipcRenderer } = require('electron');
contextBridge.exposeInMainWorld('second', { who: () => ipcRenderer.sendSync('who-sync') });
