// What the link needs of the page around it; tests bring their own.

// The browser's own, before a page has changed it.
const { MessageChannel: OwnChannel } = globalThis;

export const pageClock = {
  view: globalThis,

  // Runs the task soon, after all that is on its way now. Not by a timer: those of a hidden page wait for a second.
  later(task) {
    const { port1, port2 } = new OwnChannel();
    port1.onmessage = () => {
      port1.close();
      task();
    };
    port2.postMessage(null);
  },

  // Calls back once when the page's scripts have had their chance to register listeners: in a task after
  // DOMContentLoaded, and if that is past, after the task that runs now. The document is the view's.
  whenReady(callback, view = globalThis) {
    const once = () => {
      view.removeEventListener('DOMContentLoaded', once);
      view.removeEventListener('load', once);
      pageClock.later(callback);
    };
    if (isParsed(view)) {
      once();
      return;
    }
    view.addEventListener('DOMContentLoaded', once);
    view.addEventListener('load', once);
  },

  // As if the error had been thrown in a task of its own.
  report(error) {
    if (typeof reportError === 'function') reportError(error);
    else setTimeout(() => { throw error; });
  },
};

function isParsed({ document, performance }) {
  if (document.readyState === 'loading') return false;
  if (document.readyState === 'complete') return true;
  // 'interactive' starts before the deferred scripts and modules, and they before DOMContentLoaded.
  const [entry] = performance.getEntriesByType('navigation');
  return entry === undefined || entry.domContentLoadedEventStart > 0;
}
