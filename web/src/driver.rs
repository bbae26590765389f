//! Owns the page's link: the socket and the synchronous request under it, its timer, and its place in the tab.
//!
//! A driver is a dumb loop around the protocol's `PageLink`: every input ends in `pump`, which does what the link
//! wants. Packets pass through as handles of JavaScript strings; the only texts in wasm's memory are frames' heads.
//!
//! Invariant: no `RefCell` is borrowed while user code, a callback or `xhr.send()` runs. Firefox runs a page's socket
//! events inside a synchronous request; they are queued here and handled in a later task, in order, in all engines.

mod arrivals;
mod assembly;
mod boot;
mod clock;
mod direct;
mod envelope;
mod error;
mod frame_text;
mod inbound;
mod leave;
mod lost;
mod payload;
mod pump;
mod receive;
mod relink;
mod socket;
mod status;
mod sync;
mod sync_xhr;
mod tab;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use exciton_protocol::{
    Batch, Epoch, Full, Limits, LinkId, LinkLost, Millis, PageLink, Seq, TooLarge, part_length,
};
use js_sys::{JsString, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use self::arrivals::Arrivals;
use self::assembly::Assembly;
use self::boot::Facts;
use self::clock::{Clock, now};
use self::envelope::Run;
use self::leave::{Farewell, PageEvents};
use self::payload::Payload;
use self::socket::{Socket, SocketEvent};
use self::status::Watch;
use self::tab::Tab;
use crate::web;

pub use self::error::{PushError, StartError, SyncError};
pub use self::inbound::Delivery;
pub use self::lost::lost_name;
pub(crate) use self::lost::{lost_reason, lost_text};
pub use self::payload::Packets;
pub use self::status::{ConnectionState, Status};
pub use self::sync::{Answer, Question};
pub use self::sync_xhr::Response;

/// What the driver tells the page's faces. Either call may run user code, and may call the driver again.
pub trait Face {
    /// Packets came, in order and each once. Returns how many of those not skipped are done with; the others are told
    /// later by [`Driver::consumed`].
    fn deliver(&self, delivery: &Delivery) -> u32;

    /// A socket was made, with handlers of the driver's. A face that reads packets without attachments itself
    /// ([`Driver::came`]) puts itself before them.
    fn opened(&self, _socket: &JsValue) {}

    /// Writes packets without attachments, given as their JSON joined by commas, to the socket as one frame.
    fn write(&self, socket: &JsValue, first: Seq, ack: Seq, packets: &JsString) {
        socket::send(socket, &frame_text::data(first, ack, packets).into());
    }

    /// Makes a synchronous request of this body. A face may keep the answer that comes, and is then not given it.
    fn put(&self, url: &JsString, body: &JsValue) -> Response {
        sync_xhr::put(url, body)
    }

    /// Makes the request of one packet, if the face writes such requests itself, and keeps the answer. Returns the host's
    /// acknowledgement if it has admitted the packet and answered it, else what came.
    fn ask(&self, _url: &JsString, _question: &Question<'_>) -> Option<Result<Seq, Response>> {
        None
    }

    /// The link is over and another begins, counting from 0.
    fn lost(&self, loss: Loss);

    /// [`Driver::status`] has changed, or there is room as [`Driver::want_room`] asked. No user code may run in it.
    fn changed(&self);
}

/// A link that is over.
#[derive(Clone, Debug)]
pub struct Loss {
    /// The reason.
    pub why: LinkLost,
    /// All packets before this one had left the page.
    pub departed: Seq,
    /// How many of those were not acknowledged: they may or may not have run.
    pub unknown: u64,
    /// How many packets had not left the page, and don't any more: they have not run.
    pub unsent: u64,
    /// All of them, in order.
    pub packets: Vec<LostPackets>,
}

/// A batch of packets without an acknowledgement.
#[derive(Clone, Debug)]
pub struct LostPackets {
    /// Packets at the front to leave out: they were acknowledged.
    pub skip: u32,
    /// Packets at the front that had left the page, those to leave out included.
    pub departed: u32,
    /// Their JSON, joined by commas. `None` for a piece of a packet that is too big to travel whole.
    pub text: Option<JsString>,
}

/// The page's one link and everything under it. Cheap to clone; lives as long as the document.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

pub(crate) struct Inner {
    /// The host's base URL, which ends with `/`.
    base: String,
    /// Where synchronous requests go.
    sync_url: JsString,
    /// What those of the link of that generation begin with.
    opening: RefCell<(u32, JsString)>,
    face: Box<dyn Face>,
    /// The limits that the faces were told at the start, and that they and this end keep to.
    told: Limits,
    link: RefCell<PageLink<Payload>>,
    /// Counts the links of the document.
    generation: Cell<u32>,
    boot: Cell<Boot>,
    /// How long a host that doesn't answer is left alone, in milliseconds.
    boot_wait: Cell<u64>,
    socket: RefCell<Option<Socket>>,
    /// Counts the sockets, so that an event of an earlier one is known as stale.
    sockets: Cell<u32>,
    /// Synchronous requests under way, each within the one before.
    syncing: Cell<u32>,
    /// A callback of the face is running.
    delivering: Cell<bool>,
    /// The generation whose packets it is given.
    delivered: Cell<u32>,
    /// Socket events that came meanwhile, with their socket's number.
    waiting: RefCell<VecDeque<(u32, SocketEvent)>>,
    /// A packet that comes in parts, so far.
    assembly: RefCell<Assembly>,
    /// Where parts are put together before they are written: the browser copies them at once.
    desk: RefCell<Uint8Array>,
    arrivals: RefCell<Arrivals>,
    /// All packets before this one have left the page, at least once.
    departed: Cell<Seq>,
    /// The document is unloading, or waits in the back/forward cache: what is pushed now leaves by a request that outlives it.
    leaving: Cell<bool>,
    farewell: Cell<Farewell>,
    watch: Watch,
    tab: Tab,
    clock: Clock,
    tasks: Tasks,
    page_events: RefCell<Option<PageEvents>>,
}

/// How far the driver knows its host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Boot {
    /// Nothing has been asked. A replaced page stays here until it is used or looked at again.
    Unknown { urgent: bool },
    /// The host was asked.
    Asked,
    /// It didn't answer; it is asked again then.
    Waiting { until: Millis },
    /// The link's epoch is the host's.
    Known,
}

/// What the browser calls later, each made once.
struct Tasks {
    drain: Closure<dyn Fn()>,
    alive: Closure<dyn Fn(JsValue)>,
    boot_response: Closure<dyn Fn(JsValue)>,
    boot_facts: Closure<dyn Fn(JsValue)>,
    ignore: Closure<dyn Fn(JsValue)>,
}

impl Driver {
    /// Begins the page's link. What the host left in `globalThis[Symbol.for('exciton.boot')]` is used, else `facts`; a
    /// page with neither (`undefined`) asks the host. The face is called in later tasks only.
    ///
    /// # Errors
    /// [`StartError`] if there is no document, or the host speaks another version of the wire.
    pub fn start(facts: JsValue, face: impl Face + 'static) -> Result<Self, StartError> {
        let given = boot::given();
        let facts = if given.is_undefined() { facts } else { given };
        let known = if facts.is_undefined() {
            None
        } else {
            Some(boot::read(&facts).ok_or(StartError::Version)?)
        };
        let base = boot::base(&facts).ok_or(StartError::NoDocument)?;
        let limits = known.map_or_else(Limits::default, |facts| facts.limits);
        let inner = Rc::new_cyclic(|weak| Inner {
            tab: Tab::new(&base),
            sync_url: sync_xhr::url(&base),
            // None that there is soon.
            opening: RefCell::new((u32::MAX, "".into())),
            base,
            face: Box::new(face),
            told: limits,
            link: RefCell::new(new_link(known)),
            generation: Cell::new(0),
            boot: Cell::new(if known.is_some() {
                Boot::Known
            } else {
                Boot::Unknown { urgent: true }
            }),
            boot_wait: Cell::new(relink::FIRST_WAIT),
            socket: RefCell::new(None),
            sockets: Cell::new(0),
            syncing: Cell::new(0),
            delivering: Cell::new(false),
            delivered: Cell::new(0),
            waiting: RefCell::default(),
            assembly: RefCell::new(Assembly::new()),
            desk: RefCell::new(Uint8Array::new_with_length(0)),
            arrivals: RefCell::default(),
            departed: Cell::new(0),
            leaving: Cell::new(false),
            farewell: Cell::new(Farewell::NONE),
            watch: Watch::default(),
            clock: Clock::new(soon(weak, Inner::on_timer)),
            tasks: Tasks {
                drain: Closure::new(soon(weak, Inner::drain)),
                alive: Closure::new(later(weak, Inner::on_alive)),
                boot_response: Closure::new(later(weak, Inner::on_boot_response)),
                boot_facts: Closure::new(later(weak, Inner::on_boot_facts)),
                ignore: Closure::new(|_| {}),
            },
            page_events: RefCell::new(None),
        });
        let link = inner.link_id();
        inner.tab.arrive(&link);
        *inner.page_events.borrow_mut() =
            Some(PageEvents::listen(later(&Rc::downgrade(&inner), Inner::on_page_event)));
        inner.pump();
        Ok(Self(inner))
    }

    /// Takes packets, to be sent in order. Returns the seq after the last one.
    ///
    /// `size` is an upper bound of their bytes in UTF-8, attachments included. A packet above `wholeBytes`, or
    /// `partBytes` with attachments, that is pushed alone travels in parts; its seq is then the last part's, so the one before
    /// the returned one in every case.
    ///
    /// # Errors
    /// [`PushError`] if a packet that is pushed alone is larger than any may be, or too much waits already; nothing was
    /// taken then. Several packets are never refused: their faces have let in each of them, and nobody would hear of it.
    pub fn push(&self, packets: Packets, count: u32, size: usize) -> Result<Seq, PushError> {
        let inner = &self.0;
        if count == 1 {
            let limit = inner.told.packet_bytes as usize;
            if size > limit {
                return Err(PushError::TooLarge(TooLarge { size, limit }));
            }
            let queued = self.queued() + size;
            let cap = inner.told.outbox_bytes as usize;
            if queued > cap {
                return Err(PushError::Full(Full { queued, cap }));
            }
        }
        inner.take(packets, count, size);
        inner.urge();
        inner.pump();
        if inner.leaving.get() {
            inner.bye();
        }
        Ok(inner.link.borrow().next_seq())
    }

    /// The listeners of `count` further packets were called.
    pub fn consumed(&self, count: u32) {
        self.0.consumed(count);
        self.0.pump();
    }

    /// Bytes that wait for the host's acknowledgement.
    pub fn queued(&self) -> usize {
        self.0.link.borrow().queued_bytes()
    }

    /// The host's base URL, with a slash at its end.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// How the page is connected to its host.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Whether half of what may wait for the host is free. If not, [`Face::changed`] tells when it is.
    pub fn want_room(&self) -> bool {
        self.0.want_room()
    }

    /// The limits that hold for what is pushed.
    pub fn limits(&self) -> &Limits {
        &self.0.told
    }
}

impl Inner {
    /// Numbers packets and keeps them; a big one in parts.
    fn take(&self, packets: Packets, count: u32, size: usize) {
        let mut link = self.link.borrow_mut();
        let limits = *link.limits();
        let attached = !packets.blobs.is_empty();
        let most = if attached { limits.part_bytes } else { limits.whole_bytes };
        if count > 1 || size <= most as usize {
            link.push_sync(Batch { count, size, payload: Payload::Packets(packets) });
            return;
        }
        let mut rest = Run::joined(&packets.text, &packets.blobs);
        while rest.length() > 0 {
            let piece = rest.cut(part_length(rest.length(), limits.part_bytes));
            let (size, last) = (piece.length() as usize, rest.length() == 0);
            link.push_sync(Batch { count: 1, size, payload: Payload::Part { piece, last } });
        }
    }

    /// That many packets are the face's now, until it has consumed some or all of them.
    fn deliver(&self, count: u32) {
        self.arrivals.borrow_mut().packets(count);
        self.delivering.set(true);
        self.delivered.set(self.generation.get());
    }

    fn consumed(&self, count: u32) {
        // A listener's own synchronous call may have found the link lost.
        if self.delivering.replace(false) && self.delivered.get() != self.generation.get() {
            return;
        }
        let consumed = self.arrivals.borrow_mut().consume(count);
        self.link.borrow_mut().consumed(consumed, now());
    }

    fn link_id(&self) -> String {
        frame_text::link_id(self.link.borrow().id())
    }

    fn is_known(&self) -> bool {
        self.boot.get() == Boot::Known
    }
}

/// A link of a new name. Without the host's facts it only keeps what is pushed.
fn new_link(facts: Option<Facts>) -> PageLink<Payload> {
    let random = Uint8Array::new_with_length(16);
    // Every browser has it, in insecure contexts too.
    let _ = web::call(&web::get_global("crypto"), "getRandomValues", &[&random]);
    let mut bits = [0; 16];
    random.copy_to(&mut bits);
    let id = LinkId::from_bits(u128::from_ne_bytes(bits));
    named_link(id, facts)
}

fn named_link(id: LinkId, facts: Option<Facts>) -> PageLink<Payload> {
    let mut link = match facts {
        Some(Facts { epoch, limits }) => PageLink::new(id, epoch, limits, now()),
        None => PageLink::new(id, Epoch::from_bits(0), Limits::default(), now()),
    };
    link.set_hidden(is_hidden());
    link
}

/// Whether nobody sees the page.
fn is_hidden() -> bool {
    web::get(&web::get_global("document"), "hidden").is_truthy()
}

/// A call of the driver's that the browser makes later, if the driver is still there.
fn later<T: 'static>(inner: &Weak<Inner>, call: fn(&Rc<Inner>, T)) -> impl Fn(T) + 'static {
    let inner = inner.clone();
    move |argument| {
        if let Some(inner) = inner.upgrade() {
            call(&inner, argument);
        }
    }
}

/// The same without an argument.
fn soon(inner: &Weak<Inner>, call: fn(&Rc<Inner>)) -> impl Fn() + 'static {
    let inner = inner.clone();
    move || {
        if let Some(inner) = inner.upgrade() {
            call(&inner);
        }
    }
}
