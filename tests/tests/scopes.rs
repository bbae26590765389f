//! Frames: who a message is from, which listeners it goes to, where an answer goes, and what a frame that unloads sends.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, SimulatedBrowser, in_each_engine};
use serde_json::{Value, json};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/scopes");

struct Scene {
    host: HostProcess,
    browser: Browser,
}

impl Scene {
    async fn open(engine: Engine) -> Scene {
        let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
        // The tests' own calls in frames are evals.
        let host = host.args(["--no-open", "--page", PAGES]).env("E2E_POLICY", "'unsafe-eval'");
        let host = host.start().await.unwrap();
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("document.title === 'scopes'", LIMIT).await.unwrap();
        Scene { host, browser }
    }

    /// What an async function's body in the page returns.
    async fn run(&self, body: &str) -> Value {
        let script = format!(
            "window.told = null; (async () => {{ {body} }})().then(
                (value) => {{ window.told = [value === undefined ? null : value]; }},
                (error) => {{ window.told = 'failed: ' + error; }});"
        );
        self.browser.run_in_page(&script).await.unwrap();
        self.browser.wait_until("window.told !== null", LIMIT).await.unwrap();
        let told = self.browser.eval("window.told").await.unwrap();
        assert!(told.is_array(), "{told}");
        told[0].clone()
    }

    /// Waits for a line that begins so, and returns all lines of the host so far with that first word.
    async fn lines(&self, last: &str) -> Vec<String> {
        self.host.wait_line(last, LIMIT).await.unwrap();
        let word = last.split(' ').next().unwrap();
        let all = self.host.stdout().all();
        all.into_iter().filter(|line| line.split(' ').next() == Some(word)).collect()
    }
}

#[tokio::test]
async fn a_frame_is_known_by_its_place_in_the_tree_and_its_document() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        let told = scene
            .run(
                "window.a = await addFrame('a'); const b = await a.addFrame('b'); await addFrame('c');
                 const [main, inA, inB] = await Promise.all([window, a, b].map(
                     (view) => view.require('electron').ipcRenderer.invoke('frame')));
                 await reloaded(a);
                 const again = await a.require('electron').ipcRenderer.invoke('frame');
                 return { main, inA, inB, again, byId: await a.require('electron').ipcRenderer.invoke('by-id') };",
            )
            .await;
        let origin = scene.host.origin();
        let (main, a, b, again) = (&told["main"], &told["inA"], &told["inB"], &told["again"]);
        for frame in [main, a, b, again] {
            assert_eq!((&frame["origin"], &frame["detached"]), (&json!(origin), &json!(false)));
            assert_eq!(frame["processId"], main["processId"]);
        }
        assert_eq!([&main["name"], &main["parent"], &main["isMain"]], [&json!(""), &json!(null), &json!(true)]);
        assert_eq!([&a["name"], &a["parent"], &a["isMain"]], [&json!("a"), &json!(""), &json!(false)]);
        assert_eq!([&b["name"], &b["parent"]], [&json!("b"), &json!("a")]);
        assert_eq!(main["url"], json!(format!("{origin}/")));
        assert_eq!(a["url"], json!(format!("{origin}/frame.html")));
        assert_eq!(a["treeId"], again["treeId"]);
        assert_ne!(a["routingId"], again["routingId"]);
        assert_eq!(told["byId"], true);
        // What was inside the document before is gone.
        let tree = scene.run("return ipcRenderer.invoke('tree');").await;
        assert_eq!(tree, json!(["", [["a", []], ["c", []]]]));
        let tree = scene
            .run(
                "a.frameElement.remove();
                 // That it won't come back is known a task later.
                 const tree = async () => JSON.stringify(await ipcRenderer.invoke('tree'));
                 while ((await tree()).includes('a')) await new Promise((done) => setTimeout(done));
                 return ipcRenderer.invoke('tree');",
            )
            .await;
        assert_eq!(tree, json!(["", [["c", []]]]), "in {engine}");
    })
    .await;
}

#[tokio::test]
async fn a_message_cascades_from_its_frame_to_its_page_to_the_application() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        scene
            .run(
                "const a = (await addFrame('a')).require('electron').ipcRenderer;
                 await a.invoke('listen-in-frame');
                 ipcRenderer.send('cascade', 'one'); a.send('cascade', 'two'); a.send('in-frame', 'three');",
            )
            .await;
        assert_eq!(
            scene.lines("cascade own frame").await,
            [
                "cascade main frame \"\" one",
                "cascade page \"\" one",
                "cascade application \"\" one",
                "cascade page \"a\" two",
                "cascade application \"a\" two",
                "cascade own frame \"a\" three",
            ]
        );
        let observed = scene.lines("observed").await;
        assert_eq!(observed, ["observed cascade [\"one\"]", "observed cascade [\"two\"]"]);
    })
    .await;
}

#[tokio::test]
async fn the_nearest_handler_answers_and_frames_answer_synchronous_calls() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        let told = scene
            .run(
                "const a = (await addFrame('a')).require('electron').ipcRenderer;
                 await a.invoke('listen-in-frame');
                 const all = ['answer-by-all', 'answer-by-page', 'answer-by-application'];
                 const ask = (renderer) => Promise.all(all.map((channel) => renderer.invoke(channel)));
                 return [await ask(ipcRenderer), await ask(a), await a.invoke('answer-in-frame'),
                     await ipcRenderer.invoke('answer-in-frame').catch((error) => error.message),
                     ipcRenderer.sendSync('sync-in-main-frame'), ipcRenderer.sendSync('sync-in-page'),
                     a.sendSync('sync-in-page'), a.sendSync('in-frame-sync'),
                     ipcRenderer.sendSync('in-frame-sync') ?? 'nobody', a.sendSync('sync-in-main-frame') ?? 'nobody'];",
            )
            .await;
        assert_eq!(
            told,
            json!([
                ["main frame", "page", "application"],
                ["page", "page", "application"],
                "own frame",
                "Error invoking remote method 'answer-in-frame': Error: No handler registered for 'answer-in-frame'",
                "main frame",
                "page",
                "page",
                "own frame",
                "nobody",
                "nobody",
            ])
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_goes_to_the_frame_that_sent_and_is_made_in_its_realm() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        scene
            .run(
                "window.a = await addFrame('a'); window.b = await addFrame('b');
                 a.eval(\"ipcRenderer.send('reply-me', { list: [1, new Date(5), new Map([[1, new Uint8Array(3)]])] })\");",
            )
            .await;
        let value = "[...a.heard[0][2].list[2].values()][0]";
        scene.browser.wait_until("a.heard.length === 1 && window.heard.length === 1", LIMIT).await.unwrap();
        let told = scene
            .run(&format!(
                "const [channel, isOwn, {{ list }}] = a.heard[0];
                 return [channel, isOwn, list instanceof a.Array, list[1] instanceof a.Date, list[2] instanceof a.Map,
                     {value} instanceof a.Uint8Array, {value}.buffer instanceof a.ArrayBuffer, b.heard, heard];"
            ))
            .await;
        assert_eq!(
            told,
            json!(["replied", true, true, true, true, true, true, [], [["pushed", true, "main"]]])
        );
        // To a document by its id, and to none that is no more.
        let told = scene
            .run(
                "const renderer = b.require('electron').ipcRenderer;
                 const { routingId } = await renderer.invoke('frame');
                 const first = await ipcRenderer.invoke('send-to-frame', routingId, 'by id');
                 while (b.heard.length === 0) await new Promise((done) => setTimeout(done));
                 const heard = b.heard;
                 const failed = b.eval('(async () => { try { await ipcRenderer.invoke(\"nobody\"); } catch (error) { return error instanceof Error; } })()');
                 const isOwn = [await failed, renderer.invoke('frame') instanceof b.Promise];
                 await reloaded(b);
                 return [first, heard, isOwn, await ipcRenderer.invoke('send-to-frame', routingId, 'too late'), b.heard];",
            )
            .await;
        assert_eq!(told, json!([true, [["pushed", true, "by id"]], [true, true], false, []]));
    })
    .await;
}

#[tokio::test]
async fn what_an_unloading_frame_sends_arrives_from_a_detached_one() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        scene
            .run(
                "for (const name of ['reloaded', 'removed']) {
                     window[name + 'View'] = await addFrame(name, 'unloads.html');
                     window[name + 'View'].require('electron').ipcRenderer.send('note-frame', 'loaded');
                 }
                 removedView.frameElement.remove();
                 await reloaded(reloadedView);
                 ipcRenderer.send('note-frame', 'end');",
            )
            .await;
        let lines = scene.lines("note-frame \"\" attached end").await;
        let of = |name: &str| -> Vec<String> {
            let start = format!("note-frame {name:?} ");
            lines.iter().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
        };
        let unload = ["detached pagehide", "detached unload"];
        assert_eq!(of("removed"), [&["attached loaded"], &unload[..]].concat(), "in {engine}");
        assert_eq!(
            of("reloaded"),
            [&["attached loaded", "attached beforeunload"], &unload[..]].concat(),
            "in {engine}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_an_unloading_page_sends_arrives_from_a_detached_frame() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        scene.browser.goto(&format!("{}/unloads.html", scene.host.origin())).await.unwrap();
        scene
            .browser
            .run_in_page("require('electron').ipcRenderer.send('note-frame', 'loaded')")
            .await
            .unwrap();
        scene.host.wait_line("note-frame \"\" attached loaded", LIMIT).await.unwrap();
        scene.browser.goto(&format!("{}/other.html", scene.host.origin())).await.unwrap();
        // WebKit keeps the page in its back/forward cache, although it has a listener for unload.
        let ends = match engine {
            Engine::WebKit => &["loaded", "beforeunload", "pagehide"][..],
            _ => &["loaded", "beforeunload", "pagehide", "unload"],
        };
        let lines =
            scene.lines(&format!("note-frame \"\" detached {}", ends[ends.len() - 1])).await;
        assert_eq!(lines.len(), ends.len(), "{lines:?}");
        for (line, end) in lines.iter().zip(ends) {
            assert!(line.ends_with(end), "{lines:?}");
        }
        assert_eq!(lines[2], "note-frame \"\" detached pagehide");
        // The page that came has an order of its own, in the same WebContents.
        let told = scene.run("return ipcRenderer.invoke('frame');").await;
        assert_eq!((&told["detached"], &told["isMain"]), (&json!(false), &json!(true)));
    })
    .await;
}

#[tokio::test]
async fn the_goodbyes_of_a_page_are_put_in_order_however_they_arrive() {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
    let host = host.args(["--no-open", "--page", PAGES]).start().await.unwrap();
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let page = browser.open().await.unwrap();
    let texts: Vec<_> = (0..8).map(|number| (format!("goodbye {number}"),)).collect();
    page.leave_with("note-frame", texts).await.unwrap();
    host.wait_line("note-frame \"\" attached goodbye 7", LIMIT).await.unwrap();
    let lines = host.stdout().all();
    let noted: Vec<_> =
        lines.iter().filter_map(|line| line.strip_prefix("note-frame \"\" attached ")).collect();
    let expected: Vec<_> = (0..8).map(|number| format!("goodbye {number}")).collect();
    assert_eq!(noted, expected);
}

#[tokio::test]
async fn a_frame_sends_to_the_page_that_embeds_it() {
    in_each_engine(|engine| async move {
        let scene = Scene::open(engine).await;
        let told = scene
            .run(
                "const a = await addFrame('a');
                 const told = [];
                 a.frameElement.addEventListener('ipc-message', (event) =>
                     told.push([event.channel, event.args, event.args[0] instanceof Object]));
                 a.require('electron').ipcRenderer.sendToHost('ping', { n: 1 });
                 a.require('electron').ipcRenderer.sendToHost('pong');
                 const before = told.length;
                 ipcRenderer.sendToHost('into nothing');
                 while (told.length < 2) await new Promise((done) => setTimeout(done));
                 return [before, told];",
            )
            .await;
        assert_eq!(told, json!([0, [["ping", [{"n": 1}], true], ["pong", [], false]]]));
    })
    .await;
}
