//! Ports that pages hand over and get: kept by name, and used as the page says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use exciton::{
    App, IpcMainEvent, IpcMainInvokeEvent, MessageChannelMain, MessageEvent, MessagePortMain,
    Result, Value,
};

/// Ports by name.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<HashMap<String, MessagePortMain>>>);

impl Kept {
    fn with<T>(&self, then: impl FnOnce(&mut HashMap<String, MessagePortMain>) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn get(&self, names: &[String]) -> Result<Vec<MessagePortMain>> {
        let get = |name: &String| {
            let port = self.with(|ports| ports.get(name).cloned());
            port.ok_or_else(|| format!("no port {name}").into())
        };
        names.iter().map(get).collect()
    }

    /// Keeps ports under names of their own.
    fn add(&self, name: &str, ports: &[MessagePortMain]) {
        for (index, port) in ports.iter().enumerate() {
            let name = if index == 0 { name.to_owned() } else { format!("{name}{index}") };
            self.with(|kept| kept.insert(name, port.clone()));
        }
    }

    /// Writes down what a port hears on the page's behalf: printed, and told to the page on `heard`.
    fn listen(&self, name: &str, port: &MessagePortMain) {
        let (kept, of) = (self.clone(), name.to_owned());
        port.on_message(move |event: MessageEvent| {
            println!("port {of} {:?}", event.data());
            kept.add(&format!("{of}>"), event.ports());
        });
        let of = name.to_owned();
        port.on_close(move || println!("closed {of}"));
    }
}

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    // Echoes what comes, until the port is closed.
    ipc_main.on("port-echo", |event: IpcMainEvent| {
        for port in event.ports() {
            let own = port.clone();
            port.on_message(move |event: MessageEvent, value: Value| {
                own.post_message(value, event.ports())
            });
            port.start();
        }
    });
    let kept = Kept::default();
    let keep = kept.clone();
    ipc_main.on("port-keep", move |event: IpcMainEvent, name: String| {
        keep.add(&name, event.ports());
        println!("kept {name} {}", event.ports().len());
    });
    ipc_main.handle(
        "port",
        move |event: IpcMainInvokeEvent, what: String, names: Vec<String>, value: Value| {
            act(&kept, &event, &what, &names, value)
        },
    )?;
    // Listened to, and so kept until the page closes them.
    ipc_main.on("port-hold", |event: IpcMainEvent| {
        for port in event.ports() {
            port.on_message(|_event: MessageEvent| {});
            port.start();
        }
    });
    // Ports of one page that go to another.
    let target = Arc::new(Mutex::new(None));
    let place = target.clone();
    ipc_main.on("port-here", move |event: IpcMainEvent| {
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.sender());
    });
    ipc_main.on("port-forward", move |event: IpcMainEvent, value: Value| -> Result<()> {
        let page = target.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(page.ok_or("no page said that it is here")?.post_message(
            "port",
            value,
            event.ports(),
        )?)
    });
    // Who hears of a port first says so first.
    app.on_web_contents_created(|page| {
        page.ipc().on("port-scope", |event: IpcMainEvent| say(&event, "page"));
        page.main_frame().ipc().on("port-scope", |event: IpcMainEvent| say(&event, "frame"));
    });
    ipc_main.on("port-scope", |event: IpcMainEvent| say(&event, "application"));
    let app = app.clone();
    ipc_main.handle("port-count", move |_event| app.statistics().message_ports)?;
    Ok(())
}

fn say(event: &IpcMainEvent, word: &str) -> Result<()> {
    for port in event.ports() {
        port.post_message(word, &[])?;
        port.start();
    }
    Ok(())
}

fn act(
    kept: &Kept,
    event: &IpcMainInvokeEvent,
    what: &str,
    names: &[String],
    value: Value,
) -> Result<()> {
    match what {
        "new" => {
            let MessageChannelMain { port1, port2, .. } = MessageChannelMain::new();
            kept.add(&names[0], &[port1]);
            kept.add(&names[1], &[port2]);
        }
        "listen" => kept.listen(&names[0], &kept.get(names)?[0]),
        "start" => kept.get(names)?[0].start(),
        "close" => kept.get(names)?[0].close(),
        "drop" => {
            let dropped = kept.with(|ports| ports.remove(&names[0]));
            drop(dropped);
        }
        // The first posts, the others go with it.
        "post" => {
            let ports = kept.get(names)?;
            ports[0].post_message(value, &ports[1..])?;
        }
        "send" => event.sender().post_message("port", value, &kept.get(names)?)?,
        "send-nowhere" => event.sender().post_message("nobody", value, &kept.get(names)?)?,
        "send-frame-of" => {
            let frame = event.sender_frame().ok_or("the frame is gone")?;
            frame.post_message("port", value, &kept.get(names)?)?;
        }
        "send-frame" => {
            event.sender().main_frame().post_message("port", value, &kept.get(names)?)?
        }
        _ => return Err(format!("{what} is nothing to do").into()),
    }
    Ok(())
}
