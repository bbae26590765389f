// A synchronous request without a host.

// Runs the body with an XMLHttpRequest that has the given response, or throws when it is sent. Returns what is asked of it.
export function withRequest(response, body) {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'XMLHttpRequest');
  const asked = [];
  class XMLHttpRequest {
    status = 0;
    open(...told) { asked.push(told); }
    setRequestHeader(...told) { asked.push(told); }
    send(sent) {
      asked.push(sent);
      if (response === null) throw new Error('no network');
      Object.assign(this, response);
    }
  }
  Object.defineProperty(globalThis, 'XMLHttpRequest', { value: XMLHttpRequest, configurable: true, writable: true });
  try {
    body();
  } finally {
    if (before) Object.defineProperty(globalThis, 'XMLHttpRequest', before);
    else delete globalThis.XMLHttpRequest;
  }
  return asked;
}
