//! The tutorial's page below a path of another axum application.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::{Extension, Router, routing::get};
use exciton::{App, IpcMainEvent, KeySource, Opening};
use exciton_e2e::{in_each_engine, run_plain};
use tokio::net::TcpListener;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The folder of the tutorial's page.
const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/electron-tutorial/ui");

/// What the outer application's own layer knows of a request.
#[derive(Clone)]
struct User(&'static str);

#[tokio::test]
async fn the_tutorials_page_works_below_a_path_behind_another_applications_layers() {
    in_each_engine(|engine| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let printed = Arc::new(Mutex::new(Vec::new()));
        let app = tutorial(&printed).origins([format!("{origin}/some/desk")]).unwrap();
        let outer = Router::new()
            .route("/", get(|| async { "the outer application" }))
            .nest_service("/some/desk", app.router().unwrap())
            .layer(Extension(User("anna")));
        let serving = tokio::spawn(async move { axum::serve(listener, outer).await });
        app.ready().await.unwrap();

        let url = app.invite().unwrap();
        assert!(url.starts_with(&format!("{origin}/some/desk/_exciton/enter/")), "{url}");
        let console = run_plain(engine, &url, |lines| lines.len() >= 2, LIMIT).await.unwrap();
        assert_eq!(console, ["sync pong", "async pong"]);
        assert_eq!(*printed.lock().unwrap(), ["sync ping to anna", "async ping to anna"]);
        serving.abort();
    })
    .await;
}

/// The tutorial's main process, which remembers what it would print.
fn tutorial(printed: &Arc<Mutex<Vec<String>>>) -> App {
    let app = App::new().root(UI).key(KeySource::Ephemeral).opening(Opening::Nothing);
    let print = {
        let printed = printed.clone();
        move |event: &IpcMainEvent, arg: &str| {
            let user = event.sender().extensions().get::<User>().map_or("nobody", |user| user.0);
            printed.lock().unwrap().push(format!("{arg} to {user}"));
        }
    };
    let ipc_main = app.ipc_main();
    ipc_main.on("asynchronous-message", {
        let print = print.clone();
        move |event: IpcMainEvent, arg: String| {
            print(&event, &arg);
            event.sender().send("asynchronous-reply", ("async pong",))
        }
    });
    ipc_main.on("synchronous-message", move |event: IpcMainEvent, arg: String| {
        print(&event, &arg);
        event.set_return_value("sync pong")
    });
    app
}
