//! Windows and the life of an application, before any browser has come.

#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use exciton::{App, BrowserWindow, ExecuteError, KeySource, SendError, Value, WindowOptions};

type Log = Arc<Mutex<Vec<String>>>;

fn app() -> (App, Log) {
    (App::new().key(KeySource::Ephemeral), Log::default())
}

fn window(app: &App) -> BrowserWindow {
    BrowserWindow::new(app, WindowOptions::new()).unwrap()
}

fn write(log: &Log, line: impl Into<String>) {
    log.lock().unwrap().push(line.into());
}

fn lines(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

/// Logs each event of the application; those whose names are in `prevented` are prevented.
fn listen(app: &App, log: &Log, prevented: &Arc<Mutex<Vec<&'static str>>>) {
    let stop = |name: &'static str| {
        let (log, prevented) = (log.clone(), prevented.clone());
        move |event: &exciton::Event| {
            write(&log, name);
            if prevented.lock().unwrap().contains(&name) {
                event.prevent_default();
            }
        }
    };
    app.on_before_quit(stop("before-quit"));
    app.on_will_quit(stop("will-quit"));
    let told = log.clone();
    app.on_quit(move |code| write(&told, format!("quit {code}")));
    let told = log.clone();
    app.on_window_all_closed(move || write(&told, "window-all-closed"));
    let (told, closing) = (log.clone(), stop("close"));
    app.on_browser_window_created(move |window| {
        let id = window.id();
        write(&told, format!("window {id}"));
        let closing = closing.clone();
        window.on_close(move |event, _| closing(event));
        let told = told.clone();
        window.on_closed(move || write(&told, format!("closed {id}")));
    });
}

#[test]
fn windows_are_found_by_their_ids_and_pages_until_they_close() {
    let (app, log) = app();
    listen(&app, &log, &Arc::default());
    let (first, second) = (window(&app), window(&app));
    assert_eq!(app.windows(), [first.clone(), second.clone()]);
    assert_eq!(app.window_from_id(second.id()), Some(second.clone()));
    assert_eq!(app.window_of(&first.web_contents()), Some(first.clone()));
    assert_eq!(app.web_contents_from_id(first.web_contents().id()), Some(first.web_contents()));
    first.close();
    assert!(first.is_destroyed() && first.web_contents().is_destroyed());
    assert_eq!(first.web_contents().send("x", ()), Err(SendError::Destroyed));
    assert!(first.load_url("/").is_err());
    assert_eq!(app.windows(), std::slice::from_ref(&second));
    second.destroy();
    second.destroy();
    let told = ["window 1", "window 2", "close", "closed 1", "closed 2", "window-all-closed"];
    assert_eq!(lines(&log), told);
    assert_eq!((app.statistics().windows, app.statistics().web_contents), (0, 0));
}

#[test]
fn listeners_of_a_closed_window_and_its_page_are_dropped() {
    let (app, _) = app();
    let before = app.statistics();
    let window = window(&app);
    let held = Arc::new(());
    for _ in 0..3 {
        let (page, own, held) = (window.web_contents(), window.clone(), held.clone());
        window.on_closed(move || drop((own.clone(), held.clone())));
        let held = page.clone();
        page.on_destroyed(move |_| drop(held.clone()));
    }
    let id = window.web_contents().on_dom_ready(|_| {});
    assert!(window.web_contents().off(id) && !window.web_contents().off(id));
    assert_eq!(app.statistics().listeners, before.listeners + 6);
    window.close();
    assert_eq!(app.statistics(), before);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_page_counts_as_long_as_somebody_has_yet_to_hear_of_its_end() {
    let (app, log) = app();
    let window = window(&app);
    let (of, told) = (app.clone(), log.clone());
    let count = move |what: &str| {
        let counts = of.statistics();
        write(&told, format!("{what} {} {}", counts.web_contents, counts.pending_farewells));
    };
    let counting = count.clone();
    window.web_contents().on_destroyed(move |_| counting("destroyed"));
    let counting = count.clone();
    app.on_window_all_closed(move || counting("all closed"));
    count("open");
    window.close();
    count("gone");
    assert_eq!(lines(&log), ["open 1 0", "destroyed 0 1", "all closed 0 1", "gone 0 0"]);
}

#[test]
fn quitting_goes_in_electrons_order_and_each_step_can_be_prevented() {
    let (app, log) = app();
    let prevented = Arc::default();
    listen(&app, &log, &prevented);
    let window = window(&app);
    lines(&log);
    prevented.lock().unwrap().push("before-quit");
    app.quit();
    assert_eq!(lines(&log), ["before-quit"]);
    *prevented.lock().unwrap() = vec!["close"];
    app.quit();
    assert_eq!(lines(&log), ["before-quit", "close"]);
    assert!(!window.is_destroyed());
    *prevented.lock().unwrap() = vec!["will-quit"];
    app.quit();
    assert_eq!(lines(&log), ["before-quit", "close", "closed 1", "will-quit"]);
    prevented.lock().unwrap().clear();
    app.quit();
    app.quit();
    assert_eq!(lines(&log), ["before-quit", "will-quit", "quit 0"]);
}

#[test]
fn an_exit_asks_nobody() {
    let (app, log) = app();
    listen(&app, &log, &Arc::new(Mutex::new(vec!["before-quit", "close", "will-quit"])));
    window(&app);
    lines(&log);
    app.exit(3);
    assert_eq!(lines(&log), ["closed 1", "quit 3"]);
    assert_eq!(app.exit_code(), 3);
}

#[tokio::test]
async fn a_script_for_a_page_that_never_comes_is_told_so() {
    let (app, _) = app();
    let window = window(&app);
    let page = window.web_contents();
    let mut script = pin!(page.execute_javascript::<Value>("1"));
    assert!(script.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    window.destroy();
    assert_eq!(script.await, Err(ExecuteError::Gone));
    let after = page.execute_javascript::<Value>("1").await;
    assert_eq!(after, Err(ExecuteError::NotSent(SendError::Destroyed)));
}

#[tokio::test]
async fn the_application_is_ready_when_its_listeners_are_called() {
    let (app, _) = app();
    let (before, during) = (app.is_ready(), Arc::new(Mutex::new(None)));
    let seen = during.clone();
    app.on_ready(move |app| *seen.lock().unwrap() = Some(app.is_ready()));
    let waiting = app.clone();
    let waiter = tokio::spawn(async move { waiting.when_ready().await });
    app.ready().await.unwrap();
    waiter.await.unwrap();
    app.when_ready().await;
    assert_eq!((before, *during.lock().unwrap()), (false, Some(true)));
}
