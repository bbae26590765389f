//! Good requests of each kind, and the one wrong thing that an attempt has in it.

use exciton_protocol::{
    Args, Call, Epoch, Frame, LinkId, Message, Packet, SyncHead, SyncRequest, TabInfo, VERSION,
};

use crate::target::Target;

/// What a browser that has come in may ask for, and how the request succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A page, as a navigation.
    Page,
    /// A file beside it, as a page's own script.
    File,
    /// The same without Fetch Metadata, as older browsers ask.
    BareFile,
    /// The renderer.
    Script,
    /// The facts.
    Boot,
    /// The probe.
    Alive,
    /// The preferences of a page.
    Preferences,
    /// The connection: it reaches a listener.
    Socket,
    /// The synchronous request: it reaches a listener.
    Sync,
    /// The way in: it gives a cookie.
    Enter,
}

/// All that needs a cookie.
pub const INSIDE: &[Base] = &[
    Base::Page,
    Base::File,
    Base::BareFile,
    Base::Boot,
    Base::Alive,
    Base::Preferences,
    Base::Socket,
    Base::Sync,
];

/// The two that reach listeners.
pub const LIVE: &[Base] = &[Base::Socket, Base::Sync];

/// A request that can still be changed.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The one wrong thing. In texts `{port}`, `{cookie}` and `{ticket}` stand for the host's.
#[derive(Clone, Copy)]
pub enum Wrong {
    /// Another request line.
    Line(&'static str),
    /// Another method.
    Method(&'static str),
    /// A header in place of the one of its name.
    Set(&'static str, &'static str),
    /// A header too few.
    Drop(&'static str),
    /// A header too many.
    Add(&'static str, &'static str),
    /// Anything else.
    Change(fn(&mut Request)),
    /// The bytes themselves.
    Bytes(fn(&Request) -> Vec<u8>),
}

impl Base {
    /// A good request. Each call is that of a page that hasn't come before.
    pub fn request(self, target: &Target, ticket: &str) -> Request {
        let (line, rest): (&str, &[(&str, &str)]) = match self {
            Self::Page => (
                "GET /index.html",
                &[
                    ("accept", "text/html"),
                    ("sec-fetch-site", "none"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
            ),
            Self::File => (
                "GET /page.js",
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-mode", "no-cors"),
                    ("sec-fetch-dest", "script"),
                    ("referer", "http://127.0.0.1:{port}/index.html"),
                ],
            ),
            Self::BareFile => {
                ("GET /page.js", &[("referer", "http://127.0.0.1:{port}/index.html")])
            }
            Self::Script => ("GET /_exciton/electron.js", &[("sec-fetch-site", "same-origin")]),
            Self::Boot => ("GET /_exciton/boot", &[("sec-fetch-site", "same-origin")]),
            Self::Alive => ("GET /_exciton/alive", &[("sec-fetch-site", "same-origin")]),
            Self::Preferences => {
                ("GET /_exciton/preferences", &[("sec-fetch-site", "same-origin")])
            }
            Self::Socket => (
                "GET /_exciton/socket",
                &[
                    ("origin", "http://127.0.0.1:{port}"),
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-mode", "websocket"),
                    ("upgrade", "websocket"),
                    ("sec-websocket-version", "13"),
                    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ],
            ),
            Self::Sync => (
                "PUT /_exciton/sync",
                &[
                    ("origin", "http://127.0.0.1:{port}"),
                    ("sec-fetch-site", "same-origin"),
                    ("x-exciton", "1"),
                    ("content-type", "application/json"),
                ],
            ),
            Self::Enter => (
                "GET /_exciton/enter/{ticket}",
                &[
                    ("accept", "text/html"),
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
            ),
        };
        let connection = if self == Self::Socket { "upgrade, close" } else { "close" };
        let mut headers =
            vec![("host", "127.0.0.1:{port}".to_owned()), ("connection", connection.to_owned())];
        if self != Self::Enter {
            headers.push(("cookie", "{cookie}".to_owned()));
        }
        headers.extend(rest.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let fill = |text: &str| target.fill(text, ticket);
        Request {
            line: fill(&format!("{line} HTTP/1.1")),
            headers: headers.iter().map(|(name, value)| ((*name).into(), fill(value))).collect(),
            body: if self == Self::Sync { prize(target.epoch) } else { Vec::new() },
        }
    }
}

/// What a page that is new sends to the listener.
fn prize(epoch: Epoch) -> Vec<u8> {
    let head = SyncHead {
        version: VERSION,
        link: LinkId::from_bits(fastrand::u128(..)),
        epoch,
        ack: 0,
        got: Vec::new(),
        seq: None,
        fresh: true,
        bye: false,
        tab: TabInfo { url: "http://127.0.0.1/".into(), ..TabInfo::default() },
    };
    let packets = vec![Packet::Send(Call::new("prize", Args::from_serialize(&()).unwrap()))];
    let frames = vec![Frame::Data { first: 0, ack: 0, packets }];
    match (SyncRequest { head, frames }).encode().unwrap() {
        Message::Text(text) | Message::Binary(text) => text.to_vec(),
    }
}

impl Request {
    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(key, _)| key != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let told = |name: &str| self.headers.iter().any(|(key, _)| key == name);
        if !self.body.is_empty() && !told("content-length") && !told("transfer-encoding") {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The bytes of the request with one wrong thing in it.
    pub fn with(&self, wrong: Wrong, target: &Target, ticket: &str) -> Vec<u8> {
        let mut request = self.clone();
        let fill = |text: &str| target.fill(text, ticket);
        match wrong {
            Wrong::Line(line) => request.line = fill(line),
            Wrong::Method(method) => {
                let target = request.line.split_once(' ').unwrap().1;
                request.line = format!("{method} {target}");
            }
            Wrong::Set(name, value) => request.set(name, &fill(value)),
            Wrong::Drop(name) => request.headers.retain(|(key, _)| key != name),
            Wrong::Add(name, value) => request.headers.push((name.into(), fill(value))),
            Wrong::Change(change) => change(&mut request),
            Wrong::Bytes(bytes) => return bytes(&request),
        }
        request.bytes()
    }
}
