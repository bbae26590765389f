// ipcRenderer.sendToHost: from the page of an iframe to the element that it is in, as Electron does it for its <webview>.

// Nothing happens on a page that is in no frame, or in one of another site's page. What can't be cloned throws.
export function sendToHost(channel, args, { frameElement } = globalThis) {
  if (!frameElement) return;
  const view = frameElement.ownerDocument.defaultView;
  const copies = view.structuredClone(args);
  // In a task of its own, and one of the embedder's: this document may be gone by then.
  view.setTimeout(() => {
    const event = new view.Event('ipc-message');
    frameElement.dispatchEvent(Object.assign(event, { channel, args: copies }));
  });
}
