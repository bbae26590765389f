//! The compile matrix: every shape of listener and handler that a user may write, without annotations beyond those of
//! the arguments, and what the page gets from each.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::{Arc, Mutex};

use exciton::testing::{PageError, TestPage};
use exciton::{Bytes, Error, IpcMain, IpcMainEvent, IpcMainInvokeEvent, ListenerId, Rest, Value};
use serde::{Deserialize, Serialize};

/// A user's own struct, with nothing but `Serialize`.
#[derive(Serialize)]
struct Point {
    x: i32,
    y: i32,
}

/// A user's own error, as Tauri's users write them.
#[derive(Debug, thiserror::Error, Serialize)]
enum Refusal {
    #[error("not found")]
    NotFound,
    #[error("too big")]
    TooBig { limit: u32 },
}

#[derive(Deserialize)]
struct Options {
    name: String,
    retries: Option<u8>,
}

fn page() -> (IpcMain, TestPage) {
    let ipc_main = IpcMain::new();
    let page = TestPage::new(&ipc_main);
    (ipc_main, page)
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().collect())
}

fn missing_file() -> std::io::Result<String> {
    std::fs::read_to_string("/nowhere/at all")
}

/// Registers each handler, invokes it without arguments and compares what the page gets.
macro_rules! gives {
    ($($name:literal: $handler:expr => $wanted:expr;)*) => {
        let (ipc_main, page) = page();
        $(
            ipc_main.handle($name, $handler).unwrap();
            assert_eq!(page.invoke($name, ()).await, $wanted, $name);
        )*
    };
}

fn ok(value: impl Into<Value>) -> Result<Value, PageError> {
    Ok(value.into())
}

fn error(message: &str) -> Result<Value, PageError> {
    Err(PageError { name: "Error".into(), message: message.into(), code: None, data: None })
}

#[tokio::test]
async fn handlers_return_any_serializable_value_at_once_or_later() {
    let point = || object([("x", 1.into()), ("y", 2.into())]);
    gives! {
        "int": |_event| 1 => ok(1);
        "int later": |_event| async { 1 } => ok(1);
        "u64": |_event| u64::MAX => ok(u64::MAX);
        "str": |_event| "text" => ok("text");
        "string later": |_event| async { String::from("text") } => ok("text");
        "unit": |_event| {} => ok(Value::Undefined);
        "unit later": |_event| async {} => ok(Value::Undefined);
        "none": |_event| None::<i32> => ok(Value::Null);
        "some later": |_event| async { Some(1) } => ok(1);
        "vec": |_event| vec![Value::from(1), Value::Undefined] => ok(vec![Value::from(1), Value::Undefined]);
        "struct": |_event| Point { x: 1, y: 2 } => Ok(point());
        "struct later": |_event| async { Point { x: 1, y: 2 } } => Ok(point());
        "value": |_event| Value::from(f64::NAN) => ok(f64::NAN);
        "value later": |_event| async { Value::Undefined } => ok(Value::Undefined);
        "bytes": |_event| Bytes::from(vec![1, 2, 3]) => ok(Bytes::from(vec![1, 2, 3]));
        "bytes later": |_event| async { Bytes::from(vec![1, 2, 3]) } => ok(Bytes::from(vec![1, 2, 3]));
        "boxed": |_event| -> futures_util::future::BoxFuture<'static, i32> { Box::pin(async { 1 }) } => ok(1);
        "async closure": async |_event| 1 => ok(1);
    }
}

#[tokio::test]
async fn handlers_return_results_with_any_sensible_error() {
    gives! {
        "annotated": |_e: IpcMainInvokeEvent| Ok::<_, String>(1) => ok(1);
        "string, string": |_event| Ok::<String, String>("text".into()) => ok("text");
        "string, string later": |_event| async { Err::<String, String>("bad".into()) } => error("bad");
        "unit, string": |_event| Ok::<(), String>(()) => ok(Value::Undefined);
        "unit, string later": |_event| async { Ok::<(), String>(()) } => ok(Value::Undefined);
        "str": |_event| Err::<i32, &'static str>("bad") => error("bad");
        "str later": |_event| async { Err::<i32, &'static str>("bad") } => error("bad");
        "bytes": |_event| Ok::<Bytes, String>(Bytes::from(vec![1])) => ok(Bytes::from(vec![1]));
        "bytes later": |_event| async { Ok::<Bytes, Error>(Bytes::from(vec![1])) } => ok(Bytes::from(vec![1]));
        "value": |_event| Ok::<Value, Error>(Value::Undefined) => ok(Value::Undefined);
        "value later": |_event| async { Ok::<Value, &'static str>(Value::from(1)) } => ok(1);
        "struct": |_event| Ok::<_, Error>(Point { x: 1, y: 2 }) => Ok(object([("x", 1.into()), ("y", 2.into())]));
        "own": |_event| Err::<Point, _>(Error::new("bad")) => error("bad");
        "own later": |_event| async { Err::<Point, _>(Error::new("bad")) } => error("bad");
        "anyhow": |_event| Err::<i32, _>(anyhow::anyhow!("bad").context("outer")) => error("outer");
        "anyhow later": |_event| async { anyhow::Ok(1) } => ok(1);
        "boxed": |_event| Err::<(), Box<dyn std::error::Error + Send + Sync>>("bad".into()) => error("bad");
        "io": |_event| missing_file() => error("No such file or directory (os error 2)");
        "io later": |_event| async { missing_file() } => error("No such file or directory (os error 2)");
        "nested": |_event| Ok::<Result<i32, String>, String>(Err("inner".into())) => error("inner");
    }
}

#[tokio::test]
async fn the_question_mark_takes_io_anyhow_texts_and_own_errors() {
    fn any(which: i32) -> exciton::Result<String> {
        match which {
            0 => Ok(missing_file()?),
            1 => Err(anyhow::anyhow!("from anyhow"))?,
            2 => Err("from a text")?,
            3 => Err(String::from("from a string"))?,
            4 => Ok("x".parse::<i32>()?.to_string()),
            5 => Err(Refusal::NotFound)?,
            _ => Err(Error::new("own")),
        }
    }
    let (ipc_main, page) = page();
    ipc_main.handle("sync", |_event, which: i32| any(which)).unwrap();
    ipc_main.handle("async", |_event, which: i32| async move { any(which) }).unwrap();
    let wanted = [
        "No such file or directory (os error 2)",
        "from anyhow",
        "from a text",
        "from a string",
        "invalid digit found in string",
        "not found",
        "own",
    ];
    for (which, message) in wanted.into_iter().enumerate() {
        assert_eq!(page.invoke("sync", (which,)).await, error(message));
        assert_eq!(page.invoke("async", (which,)).await, error(message));
    }
}

#[tokio::test]
async fn an_error_keeps_its_name_code_and_data() {
    let (ipc_main, page) = page();
    ipc_main
        .handle("own", |_event| {
            let error = Error::new("bad").with_name("RangeError").with_code("E_BAD");
            Err::<(), _>(error.with_data(Point { x: 1, y: 2 }))
        })
        .unwrap();
    ipc_main.handle("unit variant", |_event| Err::<(), _>(Refusal::NotFound)).unwrap();
    ipc_main.handle("variant", |_event| Err::<(), _>(Refusal::TooBig { limit: 7 })).unwrap();

    let own = page.invoke("own", ()).await.unwrap_err();
    assert_eq!((own.name.as_str(), own.code.as_deref()), ("RangeError", Some("E_BAD")));
    assert_eq!(own.data.as_deref(), Some(&object([("x", 1.into()), ("y", 2.into())])));
    assert_eq!(own.to_string(), "RangeError: bad");
    assert_eq!(page.invoke("unit variant", ()).await, error("NotFound"));
    let variant = page.invoke("variant", ()).await.unwrap_err();
    assert_eq!(variant.data.as_deref(), Some(&object([("TooBig", object([("limit", 7.into())]))])));
}

#[tokio::test]
async fn handlers_take_up_to_eight_typed_arguments() {
    let (ipc_main, page) = page();
    ipc_main.handle("0", |_event| 0).unwrap();
    ipc_main.handle("1", |_event, a: i64| a).unwrap();
    ipc_main.handle("2", |_event, a: i64, b: i64| async move { a + b }).unwrap();
    ipc_main.handle("3", |_event, a: i64, b: u8, c: f64| a as f64 + f64::from(b) + c).unwrap();
    ipc_main
        .handle("4", |_event, a: i64, b: i64, c: i64, d: i64| async move { a + b + c + d })
        .unwrap();
    ipc_main
        .handle("5", |_event, a: i64, b: i64, c: i64, d: i64, e: i64| a + b + c + d + e)
        .unwrap();
    ipc_main
        .handle("6", |_event, a: i64, b: i64, c: i64, d: i64, e: i64, f: i64| async move {
            a + b + c + d + e + f
        })
        .unwrap();
    ipc_main
        .handle("7", |_event, a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64| {
            a + b + c + d + e + f + g
        })
        .unwrap();
    ipc_main
        .handle(
            "8",
            |_event, a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64| async move {
                a + b + c + d + e + f + g + h
            },
        )
        .unwrap();
    for count in 0..=8 {
        // Further arguments are ignored.
        let sum = page.invoke(&count.to_string(), (1, 2, 3, 4, 5, 6, 7, 8)).await;
        assert_eq!(sum, ok(count * (count + 1) / 2));
    }
}

#[tokio::test]
async fn listeners_take_up_to_eight_typed_arguments() {
    let (ipc_main, page) = page();
    let sums = Arc::new(Mutex::new(Vec::new()));
    let sum = |numbers: &[i64]| sums.lock().unwrap().push(numbers.iter().sum::<i64>());
    /// Registers a sync and an async listener of this many arguments.
    macro_rules! both {
        ($($arg:ident)*) => {{
            let log = sums.clone();
            ipc_main.on("sum", move |_event, $($arg: i64),*| log.lock().unwrap().push([$($arg),*].iter().sum::<i64>()));
            let log = sums.clone();
            ipc_main.on("sum", move |_event, $($arg: i64),*| {
                let log = log.clone();
                async move { log.lock().unwrap().push([$($arg),*].iter().sum::<i64>()) }
            });
        }};
    }
    both!();
    both!(a);
    both!(a b);
    both!(a b c);
    both!(a b c d);
    both!(a b c d e);
    both!(a b c d e f);
    both!(a b c d e f g);
    both!(a b c d e f g h);
    sum(&[7]);
    page.send("sum", (1, 2, 3, 4, 5, 6, 7, 8)).await.unwrap();
    let wanted = [7, 0, 0, 1, 1, 3, 3, 6, 6, 10, 10, 15, 15, 21, 21, 28, 28, 36, 36];
    assert_eq!(*sums.lock().unwrap(), wanted);
}

#[tokio::test]
async fn arguments_are_read_with_serde_and_missing_options_are_none() {
    let (ipc_main, page) = page();
    ipc_main
        .handle("optional", |_event, a: i32, b: Option<i32>, c: Option<String>| (a, b, c))
        .unwrap();
    ipc_main
        .handle("options", |_event, options: Options| {
            format!("{} {:?}", options.name, options.retries)
        })
        .unwrap();
    ipc_main.handle("any", |_event, value: Value| value).unwrap();
    ipc_main
        .handle("binary", |_event, bytes: Bytes, tail: Vec<i32>| async move { (bytes.len(), tail) })
        .unwrap();

    let values = |values: Vec<Value>| ok(values);
    assert_eq!(
        page.invoke("optional", (1,)).await,
        values(vec![1.into(), Value::Null, Value::Null])
    );
    assert_eq!(
        page.invoke("optional", (1, 2, "x")).await,
        values(vec![1.into(), 2.into(), "x".into()])
    );
    assert_eq!(
        page.invoke("optional", (1, Value::Undefined, "x")).await,
        values(vec![1.into(), Value::Null, "x".into()])
    );
    assert_eq!(page.invoke("options", (object([("name", "n".into())]),)).await, ok("n None"));
    for value in [
        Value::Undefined,
        Value::from(-0.0),
        Value::from(u64::MAX),
        object([("$", Value::Undefined)]),
    ] {
        assert_eq!(page.invoke("any", (value.clone(),)).await, Ok(value));
    }
    assert_eq!(page.invoke("any", ()).await, ok(Value::Undefined));
    let sized = page.invoke("binary", (Bytes::from(vec![0; 5]), [1, 2])).await;
    assert_eq!(sized, values(vec![5.into(), vec![Value::from(1), Value::from(2)].into()]));
}

#[tokio::test]
async fn a_wrong_type_rejects_naming_channel_position_expected_and_found() {
    let (ipc_main, page) = page();
    ipc_main.handle("add", |_event, a: i64, b: i64| a + b).unwrap();
    ipc_main.handle_blocking("blocking", |_event, a: i64| a).unwrap();
    ipc_main.on("sync", |event: IpcMainEvent, _text: String| event.set_return_value(1));

    let wrong = page.invoke("add", (1, "two")).await.unwrap_err();
    assert_eq!(wrong.name, "TypeError");
    for part in ["'add'", "args[1]", "i64", "\"two\""] {
        assert!(wrong.message.contains(part), "{part} in {}", wrong.message);
    }
    assert!(page.invoke("add", (1,)).await.unwrap_err().message.contains("args[1]"));
    assert!(page.invoke("blocking", ("x",)).await.unwrap_err().message.contains("'blocking'"));
    assert!(page.send_sync("sync", (1,)).await.unwrap_err().message.contains("'sync'"));
}

#[tokio::test]
async fn listeners_return_nothing_or_results_at_once_or_later() {
    let (ipc_main, page) = page();
    let ids: Vec<ListenerId> = vec![
        ipc_main.on("x", |_event| {}),
        ipc_main.on("x", |_event| async {}),
        ipc_main.on("x", |event: IpcMainEvent| event.reply("n", (1,))),
        ipc_main.on("x", |event: IpcMainEvent| event.sender().send("n", ("two",))),
        ipc_main.on("x", |event: IpcMainEvent| async move { event.reply("n", (3,)) }),
        ipc_main.on("x", |event: IpcMainEvent| event.set_return_value("sync pong")),
        ipc_main.on("x", |_event| Err::<(), String>("logged".into())),
        ipc_main.on("x", |_event| async { Err::<(), &str>("logged") }),
        ipc_main.on("x", |_event| missing_file().map_err(Error::from)),
        ipc_main.on("x", |_event| async { anyhow::Ok(()) }),
        ipc_main.on("x", |_event| Err::<(), Box<dyn std::error::Error>>("logged".into())),
        ipc_main.on("x", async |event: IpcMainEvent| event.reply("n", (4,))),
        ipc_main.on("x", listener_function),
    ];
    assert_eq!(page.send_sync("x", ()).await, ok("sync pong"));
    let numbers: Vec<Value> = page.take_received().into_iter().flat_map(|(_, args)| args).collect();
    assert_eq!(numbers, [1.into(), "two".into(), 3.into(), 4.into(), Value::from(5)]);
    assert!(ids.iter().all(|id| ipc_main.off("x", *id)));
}

fn listener_function(event: IpcMainEvent) -> Result<(), exciton::SendError> {
    event.reply("n", (5,))
}

async fn handler_function(event: IpcMainInvokeEvent, n: u32) -> exciton::Result<u32> {
    event.sender().send("progress", (n,))?;
    Ok(n + 1)
}

#[tokio::test]
async fn functions_and_capturing_closures_are_handlers_too() {
    let (ipc_main, page) = page();
    let shared = Arc::new(Mutex::new(0));
    ipc_main.handle("fn", handler_function).unwrap();
    let counter = shared.clone();
    ipc_main
        .handle("count", move |_event, by: i32| {
            *counter.lock().unwrap() += by;
            *counter.lock().unwrap()
        })
        .unwrap();
    let counter = shared.clone();
    ipc_main
        .handle("count later", move |_event, by: i32| {
            let counter = counter.clone();
            async move {
                tokio::task::yield_now().await;
                *counter.lock().unwrap() += by;
                *counter.lock().unwrap()
            }
        })
        .unwrap();
    assert_eq!(page.invoke("fn", (1,)).await, ok(2));
    assert_eq!(page.take_received(), [("progress".to_owned(), vec![Value::from(1)])]);
    assert_eq!(page.invoke("count", (2,)).await, ok(2));
    assert_eq!(page.invoke("count later", (3,)).await, ok(5));
}

#[tokio::test]
async fn closures_that_only_panic_are_handlers_and_listeners() {
    let (ipc_main, page) = page();
    ipc_main.handle("now", |_event| panic!("not yet")).unwrap();
    ipc_main.handle("later", |_event| async { panic!("not yet") }).unwrap();
    ipc_main.on("listener", |_event| panic!("not yet"));
    ipc_main.on("listener later", |_event| async { panic!("not yet") });
    for channel in ["now", "later"] {
        assert_eq!(
            page.invoke(channel, ()).await,
            error(&format!("the handler of '{channel}' panicked: not yet"))
        );
    }
    for channel in ["listener", "listener later"] {
        assert_eq!(
            page.send_sync(channel, ()).await,
            error(&format!("the listener of '{channel}' panicked: not yet"))
        );
    }
}

#[tokio::test]
async fn blocking_handlers_run_off_the_runner() {
    let (ipc_main, page) = page();
    let here = std::thread::current().id();
    ipc_main
        .handle_blocking("elsewhere", move |_event, n: i32| {
            if std::thread::current().id() == here { Err("on the runner") } else { Ok(n) }
        })
        .unwrap();
    ipc_main.handle_blocking("io", |_event| missing_file()).unwrap();
    ipc_main.handle_blocking("panic", |_event| -> i32 { panic!("bad luck") }).unwrap();
    assert_eq!(page.invoke("elsewhere", (1,)).await, ok(1));
    assert_eq!(page.invoke("io", ()).await, error("No such file or directory (os error 2)"));
    assert_eq!(page.invoke("panic", ()).await, error("the handler of 'panic' panicked: bad luck"));
}

#[tokio::test]
async fn all_listeners_are_removed_by_channel_or_altogether() {
    let (ipc_main, page) = page();
    for channel in ["a", "b"] {
        ipc_main.on(channel, move |event: IpcMainEvent| event.reply(channel, ()));
    }
    let heard = || page.take_received().into_iter().map(|(channel, _)| channel).collect::<String>();
    ipc_main.remove_all_listeners("a");
    page.send("a", ()).await.unwrap();
    page.send("b", ()).await.unwrap();
    assert_eq!(heard(), "b");
    ipc_main.remove_all_listeners(None);
    page.send("b", ()).await.unwrap();
    assert_eq!(heard(), "");
}

#[tokio::test]
async fn a_listener_or_handler_may_take_all_arguments_however_many() {
    let (ipc_main, page) = page();
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    let list = heard.clone();
    ipc_main.on("all", move |_event: IpcMainEvent, Rest(args): Rest| {
        list.lock().unwrap().extend(args);
    });
    ipc_main.handle("count", |_event: IpcMainInvokeEvent, Rest(args): Rest| args.len()).unwrap();
    page.send("all", (1, "two", Value::Undefined)).await.unwrap();
    let expected = [Value::from(1), Value::from("two"), Value::Undefined];
    assert_eq!(heard.lock().unwrap()[..], expected);
    assert_eq!(page.invoke("count", ()).await, ok(0));
    assert_eq!(page.invoke("count", (1, 2, 3)).await, ok(3));
}

#[tokio::test]
async fn a_listener_knows_whether_its_page_waits() {
    let (ipc_main, page) = page();
    ipc_main.on("either", |event: IpcMainEvent| match event.is_sync() {
        true => event.set_return_value("waits").map_err(|error| error.to_string()),
        false => event.reply("told", ("goes on",)).map_err(|error| error.to_string()),
    });
    assert_eq!(page.send_sync("either", ()).await, ok("waits"));
    assert_eq!(page.take_received(), []);
    page.send("either", ()).await.unwrap();
    assert_eq!(page.take_received(), [("told".to_owned(), vec![Value::from("goes on")])]);
}
