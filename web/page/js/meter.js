// Round trips, measured all the time; and two short bursts at the push of a button.
//
// Each answer is the main process's clock. Who calls again as soon as an answer is there learns from two answers how
// long a round trip took, in any browser: their own clocks tick in steps of up to a millisecond.

const { ipcRenderer } = require('electron');

const SHOWN = 8000;
const MEASURED = 2000;
const IN_A_ROW = 8;
const results = document.documentElement.dataset;
const number = new Intl.NumberFormat('en');
const canvas = document.getElementById('plot');

// The last trips: when, by the page's clock, and how long in µs.
const trips = [];
let total = 0;
let measuring = false;
let busy = false;
let frames = 0;
let median = NaN;

requestAnimationFrame(frame);
document.getElementById('calls').addEventListener('click', (event) => burst(event.target, 'calls', manyCalls));
document.getElementById('sends').addEventListener('click', (event) => burst(event.target, 'sends', manySends));

function frame() {
  requestAnimationFrame(frame);
  frames += 1;
  // Now and then, so that the page has little to do beside it.
  if (frames % 3 === 0 && !measuring && !busy) measure();
  if (frames % 5 === 0) draw();
  if (frames % 12 === 0) tell();
}

async function measure() {
  measuring = true;
  try {
    let before = await ipcRenderer.invoke('clock');
    for (let i = 0; i < IN_A_ROW; i++) {
      const now = await ipcRenderer.invoke('clock');
      trips.push([performance.now(), now - before]);
      before = now;
      total += 1;
    }
  } catch {
    // The state of the connection says why; the next frame tries again.
  }
  measuring = false;
}

function tell() {
  const old = performance.now() - SHOWN;
  const young = trips.findIndex(([at]) => at >= old);
  trips.splice(0, young < 0 ? trips.length : young);
  if (trips.length < 20) return;
  const sorted = trips.slice(-MEASURED).map(([, took]) => took).sort((a, b) => a - b);
  const below = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  median = below(0.5);
  const texts = { p50: Math.round(median), p99: Math.round(below(0.99)) };
  for (const [id, text] of Object.entries(texts)) {
    document.getElementById(id).value = number.format(text);
    results[id] = text;
  }
  document.getElementById('hero-trip').value = median < 1000 ? `${texts.p50} µs` : `${(median / 1000).toFixed(1)} ms`;
  results.trips = total;
}

// Time to the right, logarithm of µs upwards.
function draw() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext('2d');
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const left = 46;
  const [low, high] = [Math.log10(30), Math.log10(30000)];
  const y = (took) => height - 4 - ((Math.log10(took) - low) / (high - low)) * (height - 8);

  pen.font = `12px ${getComputedStyle(canvas).fontFamily}`;
  pen.textBaseline = 'middle';
  for (const [took, name] of [[100, '100 µs'], [1000, '1 ms'], [10000, '10 ms']]) {
    pen.fillStyle = colour('--line');
    pen.fillRect(left, y(took), width - left, 1);
    pen.fillStyle = colour('--soft');
    pen.fillText(name, 0, y(took));
  }
  const now = performance.now();
  pen.fillStyle = colour('--page');
  pen.globalAlpha = 0.35;
  for (const [at, took] of trips) {
    const x = width - ((now - at) / SHOWN) * (width - left);
    if (x > left) pen.fillRect(x, Math.max(2, y(Math.max(took, 30))) - 1, 2, 2);
  }
  pen.globalAlpha = 1;
  if (!Number.isNaN(median)) {
    pen.fillStyle = colour('--main');
    pen.fillRect(left, y(Math.max(median, 30)) - 0.75, width - left, 1.5);
  }
}

async function burst(button, name, run) {
  button.disabled = true;
  busy = true;
  const shown = document.getElementById(`${name}-result`);
  try {
    shown.replaceChildren('…');
    shown.replaceChildren(...(await run()));
  } catch (error) {
    shown.replaceChildren(part('span', error.message, 'wrong'));
  }
  busy = false;
  button.disabled = false;
}

async function manyCalls() {
  const count = 10000;
  const start = performance.now();
  const calls = Array.from({ length: count }, (_, i) => ipcRenderer.invoke('add', i, 1));
  const sums = await Promise.all(calls);
  const took = performance.now() - start;
  const right = sums.filter((sum, i) => sum === i + 1).length;
  const rate = Math.round((count / took) * 1000);
  results.calls = right;
  results.callsPerSecond = rate;
  return [
    part('strong', `${number.format(rate)} calls a second`), `: all answered in ${Math.round(took)} ms, `,
    part('span', `${number.format(right)} of ${number.format(count)} answers are right`, right === count ? 'ok' : 'wrong'),
  ];
}

async function manySends() {
  await ipcRenderer.invoke('ticks');
  const start = performance.now();
  let [sent, arrived] = [0, 0];
  const asked = [];
  // As long as one slice is on its way the next is made, so that the page is never blocked for long.
  while (performance.now() - start < 1000) {
    for (let i = 0; i < 4000; i++) ipcRenderer.send('tick');
    sent += 4000;
    asked.push(ipcRenderer.invoke('ticks'));
    if (asked.length > 2) arrived += await asked.shift();
  }
  for (const each of asked) arrived += await each;
  const rate = Math.round((arrived / (performance.now() - start)) * 1000);
  results.sends = arrived;
  results.sendsLost = sent - arrived;
  results.sendsPerSecond = rate;
  return [
    part('strong', `${number.format(rate)} messages a second`), ': ',
    part('span', `${number.format(arrived)} of ${number.format(sent)} arrived`, arrived === sent ? 'ok' : 'wrong'),
  ];
}

function part(name, text, kind = '') {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
}
