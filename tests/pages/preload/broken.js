// Not JavaScript.
const { contextBridge = require('electron');
