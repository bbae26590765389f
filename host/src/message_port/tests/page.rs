//! A page without a browser: it has ports, posts at them and hears what comes.

use std::collections::HashMap;
use std::sync::Mutex;

use exciton_protocol::{Args, Call, Packet};

use super::*;

/// The page and its link.
pub(super) struct Page {
    wire: Arc<Sent>,
    pub(super) ports: Arc<LinkPorts>,
}

/// What the host has sent.
#[derive(Default)]
pub(super) struct Sent {
    packets: Mutex<Vec<Packet>>,
}

impl Wire for Sent {
    fn post(&self, packet: &Packet) -> Result<(), SendError> {
        self.packets.lock().unwrap().push(packet.clone());
        Ok(())
    }

    fn must_post(&self, packet: &Packet) {
        self.packets.lock().unwrap().push(packet.clone());
    }
}

/// What a page hears.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Heard {
    Message(String, String, Vec<u64>),
    Port(u64, String, Vec<u64>),
    Close(u64),
}

impl Page {
    pub(super) fn new(limits: &Limits) -> Self {
        let wire = Arc::new(Sent::default());
        let weak: std::sync::Weak<Sent> = Arc::downgrade(&wire);
        Self { wire, ports: LinkPorts::new(weak, limits) }
    }

    /// Posts JSON at one of its ports.
    pub(super) fn post(&self, id: u64, json: &str, ports: &[u64]) {
        let args = Args::new(format!("[{id},{json}]"), Vec::new());
        let mut call = Call::new("port", args);
        call.extra.ports = ports.to_vec();
        self.ports.heard_message(&call).unwrap();
    }

    pub(super) fn close(&self, id: u64) {
        let args = Args::new(format!("[{id}]"), Vec::new());
        self.ports.heard_close(&Call::new("port-close", args)).unwrap();
    }

    /// What has come since the last call.
    pub(super) fn take(&self) -> Vec<Heard> {
        let packets = std::mem::take(&mut *self.wire.packets.lock().unwrap());
        packets.into_iter().map(read).collect()
    }

    /// What has come by port.
    pub(super) fn by_port(heard: &[Heard]) -> HashMap<u64, Vec<String>> {
        let mut all: HashMap<u64, Vec<String>> = HashMap::new();
        for one in heard {
            match one {
                Heard::Port(id, text, _) => all.entry(*id).or_default().push(text.clone()),
                Heard::Close(id) => all.entry(*id).or_default().push("close".to_owned()),
                Heard::Message(..) => {}
            }
        }
        all
    }
}

fn read(packet: Packet) -> Heard {
    match packet {
        Packet::Send(call) => {
            Heard::Message(call.channel.into(), text(&call.args), call.extra.ports)
        }
        Packet::Order(call) => {
            let text = text(&call.args);
            let (id, rest) =
                text[1..text.len() - 1].split_once(',').unwrap_or((&text[1..text.len() - 1], ""));
            let id = id.parse().unwrap();
            match &*call.channel {
                "port" => Heard::Port(id, rest.to_owned(), call.extra.ports),
                _ => Heard::Close(id),
            }
        }
        other => panic!("{other:?}"),
    }
}

fn text(args: &Args) -> String {
    String::from_utf8(args.text.to_vec()).unwrap()
}
