// The frames inside the page: documents of iframes that have a script of ours share the page's link, so that all of a
// window's messages have one order, and what an unloading frame sends lives on in the page.
//
// All of it runs in the page's own realm. What a frame is given is made anew in the frame's realm, or no instanceof
// there would know it.

// post(text, blobs, settle), sync(text, blobs), status(), watch(callback), wantRoom(), ports(): the page's link. first(text) posts
// before all that waits. limit: how many frames there may be. clock: see clock.js.
export function createFrames({ post, sync, status, watch, wantRoom, ports = () => undefined, first, limit, clock }) {
  // A frame's window, which stays the same over its reloads -> its number.
  const numbers = new WeakMap();
  // Number -> the document that is in the frame.
  const documents = new Map();
  let last = 0;

  function tell(text, how = post) {
    try {
      how(text);
    } catch (error) {
      clock.report(error);
    }
  }

  function gone(number) {
    documents.delete(number);
    tell(`["report","frame-gone",[${number}]]`);
  }

  // Those that another site's document was in can't say themselves that they were removed.
  function sweep() {
    for (const [number, { view }] of documents) if (view.closed) gone(number);
  }

  // A frame without a script of ours is nobody's parent.
  function parentOf(view) {
    for (let up = view.parent; up !== clock.view && up !== up.parent; up = up.parent) {
      const number = numbers.get(up);
      if (documents.has(number)) return number;
    }
    return 0;
  }

  // The link of the document that the window has now.
  function join(view) {
    sweep();
    let number = numbers.get(view);
    if (!documents.has(number)) {
      if (documents.size >= limit) throw new Error(`A window may have ${limit} frames with an ipcRenderer, and this one has them`);
      last += 1;
      number = last;
      numbers.set(view, number);
    }
    const facts = [number, parentOf(view), view.name, view.location.href, view.origin];
    const report = `["report","frame",${JSON.stringify(facts)}]`;
    const made = createDocument(number, view, report);
    documents.set(number, made);
    tell(report);
    return made.link;
  }

  function createDocument(number, view, report) {
    const faces = [];
    const orders = new Map();
    // Until the document has its listeners.
    let held = [];
    const isReleased = released(view, clock.later);
    const here = (value) => (typeof value === 'object' && value !== null ? view.structuredClone(value) : value);
    const blobsHere = (blobs) => blobs && blobs.map((blob) => new view.Uint8Array(blob));

    // The frame's own, before they are changed.
    const { MessageChannel: Channel } = view;
    const all = ports();
    all?.patch(view);

    clock.whenReady(() => {
      const waiting = held;
      held = null;
      for (const deliver of waiting) deliver();
    }, view);

    const document = {
      view,
      report,
      left: false,

      message(channel, args, blobs, tagged, extra) {
        if (held !== null) {
          held.push(() => document.message(channel, args, blobs, tagged, extra));
          return;
        }
        for (const face of faces) {
          try {
            face.message(channel, here(args), blobsHere(blobs), tagged, extra);
          } catch (error) {
            view.reportError(error);
          }
        }
      },

      obey(name) {
        const obey = orders.get(name);
        return obey && ((args, blobs, tagged, extra) => obey(here(args), blobsHere(blobs), tagged, extra));
      },

      lost(detail) {
        for (const face of faces) face.lost?.(here(detail));
      },

      // What the page's link is to the page.
      link: {
        version: 1,
        frame: number,
        released: isReleased,
        join,

        post(text, blobs = null, settle = null, commit = null) {
          const settled = (ok, value, own, tagged) => {
            // Nobody is left who waits.
            if (!document.left) settle(ok, here(value), blobsHere(own), tagged);
          };
          inRealm(view, () => post(stamped(text, blobs, number), blobs, settle && settled, commit));
        },

        sync(text, blobs = null) {
          const result = inRealm(view, () => sync(stamped(text, blobs, number), blobs));
          return { ...here({ ...result, blobs: null }), blobs: blobsHere(result.blobs) };
        },

        ports: all && {
          take: (list) => inRealm(view, () => all.take(list, view)),
          give: (ids) => all.give(ids, view, Channel),
          drop: all.drop,
        },

        attach(face) {
          faces.push(face);
        },

        order(name, handler) {
          orders.set(name, handler);
        },

        status: () => here(status()),

        watch(callback) {
          watch(() => {
            if (!document.left) callback();
          });
        },

        wantRoom,
      },
    };

    // Before all listeners of the document's own: what they send comes from a frame that has left.
    view.addEventListener('pagehide', ({ persisted }) => {
      if (persisted) return;
      document.left = true;
      all?.leave(view);
      tell(`["report","frame-left",[${number}]]`);
      clock.later(() => {
        if (view.closed && documents.get(number) === document) gone(number);
      });
    }, { capture: true });
    return document;
  }

  function find(number) {
    const document = documents.get(number);
    if (document !== undefined && !document.left) return document;
    console.warn(`exciton: a message came for a frame that has gone`);
    return undefined;
  }

  return {
    join,

    // For the frame that extra names.
    message(channel, args, blobs, tagged, extra) {
      find(extra.frame)?.message(channel, args, blobs, tagged, extra);
    },

    obey(name, extra) {
      return find(extra.frame)?.obey(name);
    },

    // The new link knows of no frame.
    lost(detail) {
      for (const { left, report } of documents.values()) if (!left) tell(report, first);
      for (const document of documents.values()) if (!document.left) document.lost(detail);
    },
  };
}

// Whether the window's present document is no more, its unload handlers included: a function.
export function released(view, later) {
  const { document } = view;
  let leaving = false;
  let over = false;
  view.addEventListener('pagehide', ({ persisted }) => {
    if (persisted) return;
    leaving = true;
    later(() => (over = true));
  });
  return () => leaving && (over || view.closed || documentOf(view) !== document);
}

function documentOf(view) {
  try {
    return view.document;
  } catch {
    // Another site's.
    return undefined;
  }
}

// The packet with its frame. Arguments and lengths are lists, so only what goes beside them ends in a brace.
function stamped(text, blobs, number) {
  if (text.endsWith('}]')) {
    const at = text.lastIndexOf('{') + 1;
    return `${text.slice(0, at)}"frame":${number},${text.slice(at)}`;
  }
  const lengths = blobs === null || blobs.length === 0 ? ',[]' : '';
  return `${text.slice(0, -1)}${lengths},{"frame":${number}}]`;
}

// What the page's link throws is thrown as an error of the frame's own.
function inRealm(view, body) {
  try {
    return body();
  } catch (error) {
    const name = ['RangeError', 'TypeError'].find((kind) => error instanceof globalThis[kind]) ?? 'Error';
    const Kind = view[name];
    const made = Object.assign(new Kind(error.message), error);
    if (made.name !== error.name) Object.defineProperty(made, 'name', { value: error.name, configurable: true, writable: true });
    throw made;
  }
}
