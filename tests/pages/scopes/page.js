const { ipcRenderer } = require('electron');

window.heard = [];
for (const channel of ['replied', 'pushed']) {
  ipcRenderer.on(channel, (event, ...args) => {
    const isOwn = event.sender === ipcRenderer && args.every((arg) => typeof arg !== 'object' || arg instanceof Object);
    window.heard.push([channel, isOwn, ...args]);
  });
}

// Adds a frame and waits for its document.
window.addFrame = (name, src = 'frame.html') =>
  new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.name = name;
    frame.src = src;
    frame.addEventListener('load', () => resolve(frame.contentWindow), { once: true });
    document.body.append(frame);
  });

window.reloaded = (view) =>
  new Promise((resolve) => {
    view.frameElement.addEventListener('load', resolve, { once: true });
    view.location.reload();
  });
