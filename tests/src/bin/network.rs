//! What compression gains on slow networks: a page by a proxy of one speed, compressed and not, in turn.
//!
//! `cargo run --release -p exciton-e2e --bin network`; `EXCITON_ENGINES=chromium` narrows it.

use std::time::Duration;

use exciton::{App, Compression, IpcMainEvent, KeySource, Opening, Result, Value};
use exciton_e2e::{Browser, Engine, Proxy, Way};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("index.html"), PAGE)?;
    let sites = [
        Site::start(Compression::Off, folder.path()).await?,
        Site::start(Compression::Always, folder.path()).await?,
    ];
    for engine in Engine::all() {
        let browser = Browser::open_unwatched(engine).await?;
        for (name, pace) in PACES {
            println!(
                "\n{engine}, {name} | plain ms | compressed ms | ratio | plain bytes | compressed bytes | ratio"
            );
            let mut rows = vec![[const { Vec::new() }; 2]; MEASURES.len()];
            for round in 0..=ROUNDS {
                for (which, site) in sites.iter().enumerate() {
                    site.pace(*pace);
                    let figures = site.measure(&browser).await?;
                    // The first round warms the engine up.
                    for (row, figure) in rows.iter_mut().zip(figures).filter(|_| round > 0) {
                        row[which].push(figure);
                    }
                }
            }
            for (measure, [plain, packed]) in MEASURES.iter().zip(rows) {
                let ([time, bytes], [short, few]) = (medians(&plain), medians(&packed));
                println!(
                    "{} | {time:.1} | {short:.1} | {:.2} | {bytes:.0} | {few:.0} | {:.2}",
                    measure.0,
                    short / time,
                    few / bytes
                );
            }
        }
        browser.quit().await?;
    }
    for site in sites {
        site.app.quit();
        site.serving.await??;
    }
    Ok(())
}

/// An application behind a proxy.
struct Site {
    app: App,
    proxy: Proxy,
    serving: tokio::task::JoinHandle<Result<()>>,
}

/// Milliseconds, and bytes of both directions.
type Figure = [f64; 2];

impl Site {
    async fn start(compression: Compression, folder: &std::path::Path) -> Result<Self> {
        let proxy = Proxy::start(None).await?;
        let app = App::new()
            .root(folder)
            .key(KeySource::Ephemeral)
            .opening(Opening::Nothing)
            .compression(compression)
            .origins([proxy.origin()])?;
        listen(&app)?;
        let serving = tokio::spawn({
            let app = app.clone();
            async move { app.run().await }
        });
        while app.invite().is_err() {
            tokio::task::yield_now().await;
        }
        if let Some(port) =
            app.invite()?.split([':', '/']).nth(4).and_then(|port| port.parse().ok())
        {
            proxy.set_host(std::net::SocketAddr::from(([127, 0, 0, 1], port)));
        }
        Ok(Self { app, proxy, serving })
    }

    fn pace(&self, bytes_a_second: u32) {
        self.proxy.throttle(Way::ToHost, bytes_a_second);
        self.proxy.throttle(Way::ToPage, bytes_a_second);
    }

    async fn measure(&self, browser: &Browser) -> Result<Vec<Figure>> {
        let invitation = self.app.invite()?;
        let path = invitation.splitn(4, '/').nth(3).unwrap_or_default();
        browser.goto(&self.proxy.url(&format!("/{path}"))).await?;
        browser.wait_until("window.started > 0", LIMIT).await?;
        let mut figures = Vec::new();
        for (_, script) in MEASURES {
            let before = self.bytes();
            let script = format!("delete window.took; {script}");
            browser.run_in_page(&script).await?;
            browser.wait_until("window.took > 0 && window.started > 0", LIMIT).await?;
            let took = browser.eval("window.took").await?.as_f64().unwrap_or(f64::NAN);
            figures.push([took, self.bytes() - before]);
        }
        Ok(figures)
    }

    fn bytes(&self) -> f64 {
        let stats = self.proxy.stats();
        (stats.to_host + stats.to_page) as f64
    }
}

fn listen(app: &App) -> Result<()> {
    app.ipc_main().handle("echo", |_event, value: Value| value)?;
    app.ipc_main()
        .on("echo-sync", |event: IpcMainEvent, value: Value| event.set_return_value(value));
    app.ipc_main().on("note", |_event, _note: Value| {});
    app.ipc_main().on("push", |event: IpcMainEvent, all: Vec<Value>| -> Result<()> {
        for one in all {
            event.sender().send("pushed", (one,))?;
        }
        Ok(())
    });
    Ok(())
}

fn medians(figures: &[Figure]) -> Figure {
    [0, 1].map(|which| {
        let mut numbers: Vec<f64> = figures.iter().map(|figure| figure[which]).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
    })
}

/// By their name, and bytes a second; 0 is as many as there are.
const PACES: &[(&str, u32)] =
    &[("4 Mbit/s", 500_000), ("20 Mbit/s", 2_500_000), ("100 Mbit/s", 12_500_000), ("loopback", 0)];

/// By their name, and what the page does.
const MEASURES: &[(&str, &str)] = &[
    (
        "start of the page, to its first call's answer",
        "sessionStorage.again = 1; location.reload()",
    ),
    ("1 MB of records and back", "time(() => call(records(2500)))"),
    ("100 kB of records and back", "time(() => call(records(250)))"),
    ("the same by sendSync", "time(() => ipcRenderer.sendSync('echo-sync', records(250)))"),
    ("1,000 numbers sent in one task", "time(() => sends(1000))"),
    ("100 notes pushed in a row", "time(() => pushes(100))"),
    ("10 calls, one after the other", "time(() => calls(10))"),
    ("1 MiB of noise and back", "time(() => call(noise))"),
];

const PAGE: &str = "<!doctype html><meta charset=utf-8><title>network</title><script>
const { ipcRenderer } = require('electron')
ipcRenderer.invoke('echo', 1).then(() => {
  window.started = performance.now()
  if (sessionStorage.again) window.took = window.started
  delete sessionStorage.again
})

let state = 7
const below = (n) => (state = (state * 48271) % 2147483647) % n
const words = Array.from({ length: 2000 }, () => Array.from({ length: 2 + below(8) }, () => 'etaoinshrdlucmfw'[Math.min(below(16), below(16))]).join(''))
const text = (n) => Array.from({ length: n }, () => words[Math.min(below(2000), below(2000))]).join(' ')
const record = (id) => ({ id, key: `${below(1e9).toString(16)}${below(1e9).toString(16)}`, name: text(2), at: 1.7e12 + below(1e9), done: below(2) === 0, tags: [text(1), text(1)], text: text(50) })
const records = (n) => all.slice(0, n)
const all = Array.from({ length: 2500 }, (_, id) => record(id))
const noise = new Uint8Array(1 << 20).map(() => below(256))

async function time(work) {
  const begin = performance.now()
  await work()
  window.took = performance.now() - begin
}
const call = (value) => ipcRenderer.invoke('echo', value)
async function sends(n) {
  for (let i = 0; i < n; i++) ipcRenderer.send('note', i)
  await call(0)
}
async function calls(n) {
  for (let i = 0; i < n; i++) await call({ number: i, text: text(6) })
}
const pushes = (n) => new Promise((resolve) => {
  let got = 0
  ipcRenderer.on('pushed', () => { if (++got === n) resolve() })
  ipcRenderer.send('push', records(n).map(({ id, name, text }) => ({ id, name, text: text.slice(0, 80) })))
})
</script><p>network</p>";

const ROUNDS: usize = 5;
const LIMIT: Duration = Duration::from_secs(60);
