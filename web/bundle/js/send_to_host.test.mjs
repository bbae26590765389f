import { sendToHost } from './send_to_host.js';
import { equal, suite, thrown } from './suite.mjs';

// The page around a frame, and the events of the frame's element.
function embedder() {
  const tasks = [];
  const events = [];
  class Event {
    constructor(type) {
      this.type = type;
    }
  }
  const defaultView = { Event, structuredClone: (value) => structuredClone(value), setTimeout: (task) => tasks.push(task) };
  const frameElement = { ownerDocument: { defaultView }, dispatchEvent: (event) => events.push([event.type, event.channel, event.args]) };
  return { frameElement, events, run: () => tasks.splice(0).forEach((task) => task()) };
}

export const run = await suite({
  'the element hears of a message in a task of its own, with copies'() {
    const { frameElement, events, run } = embedder();
    const list = [1];
    sendToHost('a', [list, 'b'], { frameElement });
    list.push(2);
    equal(events, []);
    run();
    equal(events, [['ipc-message', 'a', [[1], 'b']]]);
  },

  'what can not be cloned throws, and without an embedder nothing happens'() {
    const { frameElement } = embedder();
    equal(thrown(() => sendToHost('a', [() => {}], { frameElement })).name, 'DataCloneError');
    sendToHost('a', [1], { frameElement: null });
  },
});
