// What is measured, the same for every contender. An adapter says how a page reaches its host:
//
//   open()          is awaited before the first call; it may be missing
//   invoke(n)       a promise of the number n, from the host
//   send(n)         one way
//   counted(want)   a promise of how many one-way messages the host has had; where they are as many as wanted, it begins anew
//   onPush(heard)   calls heard for each message that the host pushes
//   flood(n)        asks the host to push n messages
//   binary(bytes)   a promise of as many bytes
//   json(rows)      a promise of an equal value
//   sync(n)         the number n, while the page is blocked; it may be missing
//   inBrowser       true where the host is a process of the browser: then its CPU time isn't its own
//
// A page in another language brings the workloads themselves: what `workloads` returns.

const settings = new URLSearchParams(location.search);
const scale = Number(settings.get('scale') ?? 1);
const some = (count) => Math.max(2, Math.round(count * scale));

const COUNTS = {
  warm: some(300), invokes: some(2000), pipelined: some(10000), sends: some(100000), pushes: some(100000),
  mebi: some(24), sixteen: some(4), json: some(12), syncs: some(300),
};
const MIB = 1024 * 1024;
/** Without progress for so long, what is missing is lost. */
const PATIENCE = 3000;
/** After so long a workload has failed, whatever it does. */
const LIMIT = 90000;

/** Measures with an adapter's own primitives. */
function workloads(adapter) {
  let heard = () => {};
  return {
    inBrowser: adapter.inBrowser,
    async open() {
      await adapter.open?.();
      adapter.onPush((n) => heard(n));
    },
    async sequential(n) {
      const times = new Array(n);
      for (let i = 0; i < n; i++) {
        const begun = performance.now();
        const answer = await adapter.invoke(i);
        times[i] = performance.now() - begun;
        if (answer !== i) throw new Error(`${answer} is no echo of ${i}`);
      }
      return times;
    },
    async pipelined(n) {
      let answered = 0;
      let all;
      const done = new Promise((resolve) => (all = resolve));
      const begun = performance.now();
      for (let i = 0; i < n; i++) {
        adapter.invoke(i).then((answer) => {
          if (answer === i && ++answered === n) all(performance.now());
        }, () => {});
      }
      return stalled(n, () => answered, { begun, done });
    },
    async sends(n) {
      await adapter.counted(0);
      const begun = performance.now();
      for (let i = 0; i < n; i++) adapter.send(i);
      // Where all goes one after the other, the first answer comes behind all of them.
      let [had, at] = [await adapter.counted(n), performance.now()];
      while (had < n && performance.now() - at < PATIENCE) {
        await pause(1);
        const now = await adapter.counted(n);
        if (now > had) [had, at] = [now, performance.now()];
      }
      return { millis: at - begun, had, want: n };
    },
    async pushes(n) {
      let count = 0;
      let all;
      const done = new Promise((resolve) => (all = resolve));
      heard = () => {
        if (++count === n) all(performance.now());
      };
      const begun = performance.now();
      adapter.flood(n);
      return stalled(n, () => count, { begun, done });
    },
    async binary(bytes, n) {
      const begun = performance.now();
      for (let i = 0; i < n; i++) {
        const size = await adapter.binary(bytes);
        if (size !== bytes.length) throw new Error(`${size} bytes of ${bytes.length} came back`);
      }
      return performance.now() - begun;
    },
    async json(rows, n) {
      const begun = performance.now();
      for (let i = 0; i < n; i++) {
        const back = await adapter.json(rows);
        if (back.length !== rows.length || back.at(-1).name !== rows.at(-1).name) throw new Error('other rows came back');
      }
      return performance.now() - begun;
    },
    sync: adapter.sync && ((n) => {
      const times = new Array(n);
      for (let i = 0; i < n; i++) {
        const begun = performance.now();
        const answer = adapter.sync(i);
        times[i] = performance.now() - begun;
        if (answer !== i) throw new Error(`${answer} is no echo of ${i}`);
      }
      return times;
    }),
  };
}

/** Waits for `done`, or until nothing more comes; says how long it took, and how many came. */
async function stalled(want, has, { begun, done }) {
  let [last, at] = [has(), performance.now()];
  for (;;) {
    const ended = await Promise.race([done, pause(250)]);
    if (ended) return { millis: ended - begun, had: want, want };
    if (has() > last) [last, at] = [has(), performance.now()];
    if (performance.now() - at > PATIENCE) return { millis: at - begun, had: has(), want };
  }
}

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

function limited(running) {
  return Promise.race([running, pause(LIMIT).then(() => Promise.reject(new Error(`no end within ${LIMIT / 1000} s`)))]);
}

/** Tells the desk what came of it. A plain text asks for no preflight. */
function tell(report) {
  return fetch(settings.get('desk'), { method: 'POST', body: JSON.stringify({ id: Number(settings.get('id')), ...report }) });
}

/** Microseconds of CPU time that the host has had. */
async function cpu() {
  return Number(await (await fetch('/cpu', { cache: 'no-store' })).text());
}

/** Nearest rank. */
function rank(times, share) {
  const sorted = Float64Array.from(times).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** 10,000 rows, somewhat over 1 MiB of JSON. */
function makeRows() {
  return Array.from({ length: 10000 }, (_, id) => ({
    id, name: `row number ${id}`, active: id % 3 === 0, score: id / 8, tags: ['first', 'second'], note: 'some words about this row',
  }));
}

/** Runs all workloads and tells the desk what came of them. One that fails doesn't keep the others from running. */
async function run(work) {
  const report = { measures: {}, lost: {}, failed: {}, isolated: crossOriginIsolated };
  let [messages, spent] = [0, 0];
  const measured = async (names, measure) => {
    try {
      Object.assign(report.measures, await limited(measure()));
    } catch (error) {
      for (const name of names) report.failed[name] = String(error?.message ?? error);
    }
  };
  const note = (name, { millis, had, want }, each = 1) => {
    if (had < want) report.lost[name] = want - had;
    messages += had * each;
    return { [name]: (had / millis) * 1000 };
  };
  /** The host's own time counts here. */
  const counted = (name, measure) => measured([name], async () => {
    if (work.inBrowser) return measure();
    const before = await cpu();
    const result = await measure();
    spent += (await cpu()) - before;
    return result;
  });
  await work.open?.();
  await measured(['invoke_p50', 'invoke_p99', 'invoke_mean'], async () => {
    await work.sequential(COUNTS.warm);
    const begun = performance.now();
    const times = await work.sequential(COUNTS.invokes);
    // The one that a coarse clock can tell.
    const mean = (performance.now() - begun) / COUNTS.invokes;
    return { invoke_p50: rank(times, 0.5) * 1000, invoke_p99: rank(times, 0.99) * 1000, invoke_mean: mean * 1000 };
  });
  if (work.sync) {
    await measured(['sync_p50', 'sync_p99'], async () => {
      work.sync(some(30));
      const times = work.sync(COUNTS.syncs);
      return { sync_p50: rank(times, 0.5) * 1000, sync_p99: rank(times, 0.99) * 1000 };
    });
  }
  await pause(50);
  // Engines compile what runs often: each workload once small, then once measured.
  await measured([], async () => void (await work.pipelined(COUNTS.warm)));
  await counted('pipelined', async () => note('pipelined', await work.pipelined(COUNTS.pipelined), 2));
  await measured([], async () => void (await work.sends(COUNTS.warm)));
  await counted('send', async () => note('send', await work.sends(COUNTS.sends)));
  await measured([], async () => void (await work.pushes(COUNTS.warm)));
  await counted('push', async () => note('push', await work.pushes(COUNTS.pushes)));
  const rows = makeRows();
  const text = JSON.stringify(rows).length / MIB;
  await measured(['json_1m'], async () => {
    await work.json(rows, 2);
    return { json_1m: (COUNTS.json * text) / (await work.json(rows, COUNTS.json)) * 1000 };
  });
  for (const [name, size, count] of [['binary_1m', 1, COUNTS.mebi], ['binary_16m', 16, COUNTS.sixteen]]) {
    const bytes = new Uint8Array(size * MIB).map((_, at) => at);
    await measured([name], async () => {
      await work.binary(bytes, 1);
      return { [name]: (count * size) / (await work.binary(bytes, count)) * 1000 };
    });
  }
  if (messages > 0 && !work.inBrowser) report.measures.host_cpu = spent / messages;
  await tell(report);
}

/** What a page is opened for: its first synchronous answer, its first answer, or all workloads. */
async function begin(work) {
  try {
    switch (settings.get('mode')) {
      case 'sync': {
        work.sync(1);
        const start_sync = performance.now();
        // Firefox lets a host's next socket wait for 200 ms and more after a page that left while its own was connecting.
        await work.open?.();
        await work.sequential(1);
        return void (await tell({ measures: { start_sync } }));
      }
      case 'invoke':
        await work.open?.();
        await work.sequential(1);
        return void (await tell({ measures: { start_invoke: performance.now() } }));
      case 'run':
        if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve));
        await pause(100);
        return void (await run(work));
    }
  } catch (error) {
    await tell({ failed: { [settings.get('mode')]: String(error?.message ?? error) } });
  }
}

/** A raw synchronous request. */
function request(method, path, body, kind) {
  const xhr = new XMLHttpRequest();
  xhr.open(method, path, false);
  xhr.setRequestHeader('content-type', kind);
  xhr.send(body);
  return xhr.responseText;
}
