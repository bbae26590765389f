const { contextBridge } = require('electron');
contextBridge.exposeInMainWorld('api', { before: true });
throw new RangeError('thrown by the preload script');
