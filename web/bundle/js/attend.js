// What the page does by itself about its connection, as far as the application wants it to.

// facts: {banner, reload}, as the host's script has left them. page: {show(text or null), reload(), later(task) after a
// second or so}, see BROWSER.
export function attend(connection, facts, page = BROWSER) {
  if (facts?.reload) {
    // Of the next host: what runs now would speak to a process that knows nothing of it.
    connection.on('lost', ({ why }) => {
      if (why === 'host-restarted') page.reload();
    });
  }
  if (!facts?.banner) return;
  const update = () => page.show(BANNER_TEXTS[connection.state]?.(connection.reason) ?? null);
  connection.on('change', (state) => {
    // Most lost connections are back before anybody could read of it.
    if (state === 'reconnecting') page.later(update);
    else update();
  });
}

const BANNER_TEXTS = {
  reconnecting: (reason) => (reason === 'unauthorized'
    ? 'This browser is not admitted any more. Open a fresh invitation.'
    : 'Not connected. Trying again …'),
  closed: (reason) => CLOSED_TEXTS[reason] ?? 'The application has quit.',
};

const CLOSED_TEXTS = {
  replaced: 'This page is open in another tab.',
  closed: 'The application has closed this window.',
};

const BROWSER = {
  later(task) {
    setTimeout(task, 1000);
  },

  reload() {
    location.reload();
  },

  show(text) {
    const before = document.getElementById(BANNER_ID);
    if (text === null) {
      before?.remove();
      return;
    }
    const banner = before ?? document.createElement('div');
    banner.id = BANNER_ID;
    banner.setAttribute('role', 'status');
    // A Content-Security-Policy may forbid styles in the markup, but not these.
    Object.assign(banner.style, BANNER_STYLE);
    banner.textContent = text;
    (document.body ?? document.documentElement).append(banner);
  },
};

const BANNER_ID = 'exciton-connection';

const BANNER_STYLE = {
  position: 'fixed', inset: '0 0 auto 0', zIndex: 2147483647, padding: '6px 12px', textAlign: 'center',
  font: '14px system-ui, sans-serif', color: '#fff', background: '#9b1c1c',
};
