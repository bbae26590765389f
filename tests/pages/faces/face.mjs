import electron, { ipcRenderer } from './_exciton/electron.mjs';

window.isSame = electron.ipcRenderer === ipcRenderer && window.classic === ipcRenderer;
ipcRenderer.on('pushed', (event, text) => window.heard.push(`module ${text}`));
window.ids.push(ipcRenderer.sendSync('who-sync'), await ipcRenderer.invoke('who'));

// Both call in turn, in one task, by all three ways.
for (let i = 0; i < 30; i += 3) {
  window.classic.send('note', `${i}`);
  ipcRenderer.invoke('note-and-answer', `${i + 1}`);
  window.classic.sendSync('note-sync', `${i + 2}`);
}
ipcRenderer.send('push-me', 'to both');
window.done = true;
