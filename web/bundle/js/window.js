// The window around the page, as the host sees it: what it wants of it (orders), and what it is told (reports). Nothing
// here is a listener's or a handler's business.

import { encode } from './clone.js';
import { watchConsole } from './console.js';

// page: what it needs of the browser, see page.js. watched: the host wants the console from the first script on.
export function attachWindow(link, page, watched = false) {
  let title;
  let url = page.url();
  let closing = false;

  // Throws what can't be cloned. What the link has no room for is an error of the page that nobody waits for.
  function report(name, ...args) {
    const { text, blobs } = encode(args);
    const lengths = blobs === null ? '' : `,[${blobs.map((blob) => blob.byteLength).join(',')}]`;
    link.post(`["report","${name}",${text}${lengths}]`, blobs);
  }

  function tell(name, ...args) {
    try {
      report(name, ...args);
    } catch (error) {
      page.report(error);
    }
  }

  function retitled() {
    if (title === page.title()) return;
    title = page.title();
    tell('title', title);
  }

  function moved() {
    if (url === page.url()) return;
    url = page.url();
    tell('url', url);
  }

  const line = watchConsole(page, (...args) => report('console', ...args));
  if (watched) line.watch(true);

  page.whenParsed(() => {
    title = page.title();
    tell('dom-ready', title);
    page.whenRetitled(retitled);
  });
  page.whenLoaded(() => tell('load'));
  page.whenMoved(moved);
  page.whenShownAgain(() => {
    url = page.url();
    title = page.title();
    tell('shown', url, title);
  });
  // Before the link says its goodbye, which takes this along.
  page.whenLeaving(() => {
    if (closing) tell('closed');
  });

  link.order('navigate', ([path]) => page.navigate(path));
  link.order('reload', () => page.reload());
  link.order('title', ([text]) => page.setTitle(text));
  link.order('focus', () => page.focus());
  link.order('console', ([on]) => line.watch(on));
  link.order('close', () => {
    closing = true;
    page.close();
  });
  link.order('lost', ([why]) => {
    if (why === 'closed') page.close();
  });
  link.order('execute', async ([id, code, runner]) => {
    try {
      const value = await page.evaluate(code, runner);
      report('executed', id, true, value);
    } catch (error) {
      tell('executed', id, false, described(error));
    }
  });
}

function described(error) {
  try {
    const { name, message, stack } = error;
    if (typeof message === 'string') {
      return { name: String(name), message, stack: typeof stack === 'string' ? stack : undefined };
    }
    return { message: String(error) };
  } catch {
    return { message: 'something that has no text' };
  }
}
