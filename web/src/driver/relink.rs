//! Learns what must be known of the host before a link's first packet leaves, and begins again when a link is lost.

use std::rc::Rc;

use exciton_protocol::{CloseReason, InFlight, LinkLost, Millis, PageLink, Seq};
use wasm_bindgen::JsValue;

use super::assembly::Assembly;
use super::boot::{self, Facts};
use super::clock::now;
use super::payload::Payload;
use super::{Arrivals, Boot, Inner, Loss, LostPackets, is_hidden, named_link, new_link};
use crate::web;

impl Inner {
    /// The link is over: the faces are told, and another one begins in the same document.
    pub(super) fn lose(self: &Rc<Self>, why: LinkLost) {
        let loss = {
            let mut link = self.link.borrow_mut();
            let departed = self.departed.get().clamp(link.acked(), link.next_seq());
            let (unknown, unsent) = (departed - link.acked(), link.next_seq() - departed);
            let packets = unacknowledged(&link, departed);
            let loss = Loss { why, departed, unknown, unsent, packets };
            *link = new_link(None);
            loss
        };
        self.watch.lost(why);
        self.close_socket(CloseReason::LinkLost);
        self.generation.set(self.generation.get().wrapping_add(1));
        // A page that another document has replaced must not take the tab back before it is used again, and one whose
        // window was closed is about to go.
        let urgent = !matches!(why, LinkLost::Replaced | LinkLost::Closed);
        self.boot.set(Boot::Unknown { urgent });
        self.departed.set(0);
        self.assembly.replace(Assembly::new());
        *self.arrivals.borrow_mut() = Arrivals::default();
        self.tab.renew(&self.link_id());
        self.face.lost(loss);
        self.pump();
    }

    /// The page is used or looked at: whatever was put off is due.
    pub(super) fn urge(&self) {
        match self.boot.get() {
            Boot::Unknown { .. } => self.boot.set(Boot::Unknown { urgent: true }),
            Boot::Waiting { .. } => self.boot.set(Boot::Waiting { until: Millis(0) }),
            Boot::Asked | Boot::Known => {}
        }
    }

    /// Asks the host, if it is time to.
    pub(super) fn ask_if_due(self: &Rc<Self>) {
        let due = match self.boot.get() {
            Boot::Unknown { urgent } => urgent,
            Boot::Waiting { until } => until <= now(),
            Boot::Asked | Boot::Known => false,
        };
        if due {
            self.ask();
        }
    }

    #[cold]
    #[inline(never)]
    fn ask(&self) {
        match boot::ask(&self.base, boot::BOOT, ASKING_LIMIT) {
            Some(response) => {
                self.boot.set(Boot::Asked);
                web::either(&response, &self.tasks.boot_response);
            }
            None => self.ask_later(),
        }
    }

    /// The host's response, or why there is none.
    pub(super) fn on_boot_response(self: &Rc<Self>, response: JsValue) {
        let is_ok = web::get(&response, "ok").is_truthy();
        self.watch.probed(web::whole(&web::get(&response, "status")).unwrap_or(0));
        match web::call(&response, "json", &[]).ok().filter(|_| is_ok) {
            Some(facts) => web::either(&facts, &self.tasks.boot_facts),
            None => self.on_boot_facts(JsValue::UNDEFINED),
        }
    }

    /// The host's facts, or why there are none.
    pub(super) fn on_boot_facts(self: &Rc<Self>, facts: JsValue) {
        // A synchronous call may have been faster.
        if self.boot.get() == Boot::Asked {
            match boot::read(&facts) {
                Some(facts) => self.adopt(facts),
                None => self.ask_later(),
            }
        }
        self.pump();
    }

    fn ask_later(&self) {
        let wait = self.boot_wait.get();
        let most = if is_hidden() { SLOWEST_HIDDEN } else { SLOWEST };
        self.boot_wait.set((wait * 2).min(most));
        self.boot.set(Boot::Waiting { until: now().plus(wait) });
    }

    /// The host is known: what was pushed so far goes into a link with its epoch.
    pub(super) fn adopt(&self, facts: Facts) {
        let mut link = self.link.borrow_mut();
        let mut known = named_link(link.id(), Some(facts));
        for flight in link.backlog(Seq::MAX) {
            known.push_sync(flight.batch.clone());
        }
        *link = known;
        self.boot.set(Boot::Known);
        self.boot_wait.set(FIRST_WAIT);
    }
}

/// What the lost link had not been acknowledged for.
fn unacknowledged(link: &PageLink<Payload>, departed: Seq) -> Vec<LostPackets> {
    let acked = link.acked();
    let flights = link.since(acked);
    let lost = |flight: InFlight<'_, Payload>| LostPackets {
        skip: acked.saturating_sub(flight.first) as u32,
        departed: departed.saturating_sub(flight.first) as u32,
        text: match &flight.batch.payload {
            Payload::Packets(packets) => Some(packets.text.clone()),
            Payload::Part { .. } => None,
        },
    };
    flights.map(lost).collect()
}

/// How long the host's facts may take, in milliseconds. An answer that is late is lost, so this is generous.
const ASKING_LIMIT: f64 = 5_000.0;

/// Between two questions to a host that doesn't answer, in milliseconds; each wait is twice the one before.
pub(super) const FIRST_WAIT: u64 = 250;
const SLOWEST: u64 = 1_000;
const SLOWEST_HIDDEN: u64 = 5_000;
