const { ipcRenderer } = require('electron');
// Before anybody has listened.
const namesAtStart = ipcRenderer.eventNames();

function equal(is, should) {
  const [a, b] = [JSON.stringify(is), JSON.stringify(should)];
  if (a !== b) throw new Error(`is ${a}, should be ${b}`);
}

function thrown(body) {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

async function rejected(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was rejected');
}

const once = (channel) => new Promise((resolve) => ipcRenderer.once(channel, (event, ...args) => resolve(args)));

const addFrame = () =>
  new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.src = 'frame.html';
    frame.onload = () => resolve(frame);
    document.body.append(frame);
  });

// By send there and by the answer back, by sendSync and by invoke.
async function everyWay(value, check) {
  const answer = once('replied');
  ipcRenderer.send('reply-to', value);
  check((await answer)[0]);
  check(ipcRenderer.sendSync('echo-sync', value));
  check(await ipcRenderer.invoke('echo-value', value));
}

async function cloneError(value) {
  for (const error of [
    thrown(() => ipcRenderer.send('reply-to', value)),
    thrown(() => ipcRenderer.sendSync('echo-sync', { inside: [value] })),
    await rejected(ipcRenderer.invoke('echo-value', value)),
  ]) {
    equal([error instanceof DOMException, error.name], [true, 'DataCloneError']);
  }
  equal(await ipcRenderer.invoke('echo-value', 'the page lives on'), 'the page lives on');
}

window.cases = {
  async case_02_the_first_of_several_return_values_counts() {
    equal(ipcRenderer.sendSync('answered-twice'), 'first');
    equal(ipcRenderer.sendSync('answered-twice'), 'first');
  },

  async case_03_main_process_listeners_hear_nothing_of_the_house() {
    await ipcRenderer.invoke('observed');
    document.title = 'another title';
    history.replaceState(null, '', '#moved');
    (await addFrame()).remove();
    ipcRenderer.send('after-all-that');
    equal(await ipcRenderer.invoke('observed'), ['after-all-that']);
  },

  async case_04_a_message_can_be_replied_to() {
    const answer = once('replied');
    ipcRenderer.send('reply-to', 'hello');
    equal(await answer, ['hello']);
  },

  async case_05_the_main_process_removes_the_listeners_of_one_channel() {
    await ipcRenderer.invoke('scratch', 'scratch-a');
    equal(ipcRenderer.sendSync('scratch-a') ?? 'nobody', 'nobody');
    equal(ipcRenderer.sendSync('scratch-b'), 'scratch-b');
  },

  async case_06_the_main_process_removes_the_listeners_of_all_channels() {
    await ipcRenderer.invoke('scratch', null);
    equal(ipcRenderer.sendSync('scratch-a') ?? 'nobody', 'nobody');
    equal(ipcRenderer.sendSync('scratch-b') ?? 'nobody', 'nobody');
  },

  async case_07_an_object_with_an_id_property_arrives_whole() {
    await everyWay({ id: 5, name: 'x' }, (value) => equal(value, { id: 5, name: 'x' }));
  },

  async case_08_dates_arrive_as_dates() {
    const date = new Date(1234567890123);
    await everyWay({ date }, (value) => equal([value.date instanceof Date, value.date.getTime()], [true, date.getTime()]));
  },

  async case_09_buffers_arrive_as_bytes() {
    const bytes = new TextEncoder().encode('hello');
    await everyWay(bytes, (value) => equal([value instanceof Uint8Array, [...value]], [true, [...bytes]]));
    await everyWay(bytes.buffer, (value) => equal([value instanceof ArrayBuffer, value.byteLength], [true, 5]));
  },

  async case_10_objects_of_the_dom_are_refused() {
    for (const value of [document.location, document.body, window, new Event('x'), new URL('http://x')]) await cloneError(value);
  },

  async case_11_native_objects_are_refused_and_crash_nothing() {
    const canvas = document.createElement('canvas');
    for (const value of [canvas.getContext('2d'), new WeakMap(), Promise.resolve(), () => {}, Symbol('x'), new AbortController()]) {
      await cloneError(value);
    }
  },

  async case_12_an_object_in_two_places_stays_one() {
    const child = { hello: 'world' };
    await everyWay({ foo: child, bar: child }, (value) => {
      equal(value, { foo: child, bar: child });
      equal(value.foo === value.bar, true);
    });
  },

  async case_13_cycles_stay_cycles() {
    const array = [5];
    array.push(array);
    const child = { hello: 'world' };
    child.self = child;
    await everyWay([array, child], ([first, second]) => {
      equal([first.length, first[0], first[1] === first], [2, 5, true]);
      equal([second.hello, second.self === second], ['world', true]);
    });
  },

  async case_14_a_synchronous_call_returns_the_return_value() {
    equal(ipcRenderer.sendSync('echo-sync', 'test'), 'test');
    equal([ipcRenderer.sendSync('echo-sync', undefined)].length, 1);
  },

  async case_15_renderer_listeners_hear_nothing_of_the_house() {
    equal(namesAtStart, []);
    const names = ipcRenderer.eventNames();
    const emitted = [];
    const { emit } = ipcRenderer;
    ipcRenderer.emit = function (name, ...args) {
      emitted.push(name);
      return Reflect.apply(emit, this, [name, ...args]);
    };
    try {
      const answer = once('replied');
      ipcRenderer.send('order-me', 'hello');
      await answer;
      equal(document.title, 'ordered');
    } finally {
      delete ipcRenderer.emit;
    }
    equal([emitted.includes('replied'), emitted.filter((name) => name !== 'replied'), ipcRenderer.eventNames()], [true, [], names]);
  },

  async case_16_the_renderer_removes_the_listeners_of_one_channel() {
    ipcRenderer.on('gone', () => {});
    ipcRenderer.on('stays', () => {});
    ipcRenderer.removeAllListeners('gone');
    equal([ipcRenderer.listenerCount('gone'), ipcRenderer.listenerCount('stays')], [0, 1]);
    ipcRenderer.removeAllListeners('stays');
  },

  async case_17_the_renderer_removes_the_listeners_of_all_channels() {
    ipcRenderer.on('one', () => {});
    ipcRenderer.on('two', () => {});
    ipcRenderer.removeAllListeners();
    equal([ipcRenderer.listenerCount('one'), ipcRenderer.listenerCount('two'), ipcRenderer.eventNames()], [0, 0, []]);
  },

  async case_18_after_its_context_is_released_a_renderer_throws() {
    const text = 'IPC method called after context was released';
    for (const release of [(frame) => frame.remove(), (frame) => new Promise((resolve) => { frame.onload = resolve; frame.src = 'about:blank'; })]) {
      const frame = await addFrame();
      const { renderer } = frame.contentWindow;
      equal(renderer.sendSync('echo-sync', 1), 1);
      await release(frame);
      for (const method of ['send', 'sendSync', 'invoke', 'sendToHost']) equal(thrown(() => renderer[method]('echo-sync', 1)).message, text);
    }
  },

  async case_19_a_synchronous_handler_answers() {
    equal(await ipcRenderer.invoke('add-now', 1, 2), 3);
  },

  async case_20_an_asynchronous_handler_answers() {
    equal(await ipcRenderer.invoke('add-later', 1, 2), 3);
  },

  async case_21_an_error_of_a_synchronous_handler_rejects() {
    const error = await rejected(ipcRenderer.invoke('fail-now'));
    equal([error instanceof Error, error.message], [true, "Error invoking remote method 'fail-now': Error: some error"]);
  },

  async case_22_an_error_of_an_asynchronous_handler_rejects() {
    const error = await rejected(ipcRenderer.invoke('fail-later'));
    equal(error.message, "Error invoking remote method 'fail-later': RangeError: some error");
    equal([error.code, error.data, error.cause.name, error.cause.message], ['E_SOME', [1, 2], 'RangeError', 'some error']);
  },

  async case_23_without_a_handler_an_invoke_rejects() {
    const error = await rejected(ipcRenderer.invoke('no-such-channel'));
    equal(error.message, "Error invoking remote method 'no-such-channel': Error: No handler registered for 'no-such-channel'");
  },

  async case_24_after_its_handler_was_removed_an_invoke_rejects() {
    equal(await ipcRenderer.invoke('add-and-remove', 'removed'), 'while it was there');
    const error = await rejected(ipcRenderer.invoke('removed'));
    equal(error.message, "Error invoking remote method 'removed': Error: No handler registered for 'removed'");
  },

  async case_25_a_second_handler_is_refused() {
    equal(await ipcRenderer.invoke('second-handler', 'add-now'), "Attempted to register a second handler for 'add-now'");
  },

  async case_28_send_and_send_sync_keep_their_order() {
    const expected = [];
    for (let i = 0; i < 20; i++) {
      ipcRenderer.send('ordered', `send ${i}`);
      equal(ipcRenderer.sendSync('ordered', `sync ${i}`), 'heard');
      expected.push(`send ${i}`, `sync ${i}`);
    }
    equal(await ipcRenderer.invoke('ordered-log'), expected);
  },

  async case_29_send_send_sync_and_invoke_keep_their_order() {
    const expected = [];
    const calls = [];
    for (let i = 0; i < 20; i++) {
      ipcRenderer.send('ordered', `send ${i}`);
      calls.push(ipcRenderer.invoke('ordered', `invoke ${i}`));
      ipcRenderer.sendSync('ordered', `sync ${i}`);
      expected.push(`send ${i}`, `invoke ${i}`, `sync ${i}`);
    }
    await Promise.all(calls);
    equal(await ipcRenderer.invoke('ordered-log'), expected);
  },
};

window.runCases = async () => {
  const results = {};
  for (const [name, body] of Object.entries(cases)) {
    try {
      await body();
      results[name] = 'passed';
    } catch (error) {
      results[name] = `${error.name}: ${error.message}`;
    }
  }
  window.results = results;
};
