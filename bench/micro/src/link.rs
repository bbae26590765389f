//! Both ends of a link, and what is between them: nothing.

use exciton_protocol::{
    Batch, Epoch, HostLink, HostTransmit, Limits, LinkId, Merge, Millis, PageLink, PageTransmit,
};

use crate::BATCH;

const NOW: Millis = Millis(1);
const CONN: u64 = 1;
/// Bytes of a packet.
const SIZE: usize = 40;

/// A packet's place in a batch is all that there is of it.
#[derive(Debug)]
struct Nothing;

impl Merge for Nothing {
    fn merge(&mut self, _other: Nothing) -> Result<(), Nothing> {
        Ok(())
    }
}

/// A page's end and the host's, which know each other.
#[derive(Debug)]
pub struct Ends {
    page: PageLink<Nothing>,
    host: HostLink<Nothing, ()>,
}

impl Ends {
    /// Connected; `None` if they don't get on.
    pub fn connected() -> Option<Ends> {
        let (id, limits) = (LinkId::from_bits(1), Limits::default());
        let mut page = PageLink::new(id, Epoch::from_bits(1), limits, NOW);
        let mut host = HostLink::new(id, limits, NOW);
        page.poll_want()?;
        page.handle_open(NOW);
        let Some(PageTransmit::Hello { attempt, ack, admitted, .. }) = page.poll_transmit(NOW)
        else {
            return None;
        };
        host.handle_hello(CONN, attempt, ack, admitted, NOW).ok()?;
        let Some(HostTransmit::Welcome { ack, admitted }) = host.poll_transmit(NOW) else {
            return None;
        };
        page.handle_welcome(ack, admitted, NOW).ok()?;
        Some(Ends { page, host })
    }

    /// A batch goes to the host and is consumed there packet by packet; each is answered; the answers go back and are
    /// consumed, which the host hears of. Returns how many arrived at either end.
    pub fn there_and_back(&mut self) -> Option<(u32, u32)> {
        for _ in 0..BATCH {
            self.page.push(packet()).ok()?;
        }
        let mut there = 0;
        while let Some(PageTransmit::Data { flight, ack }) = self.page.poll_transmit(NOW) {
            let (first, count, size) = (flight.first, flight.batch.count, flight.batch.size);
            self.host.handle_data(CONN, first, count, size, ack, NOW).ok()?;
            there += count;
        }
        for _ in 0..there {
            self.host.invoke_began();
            self.host.push_unbounded(packet());
            self.host.invoke_ended();
            self.host.consumed(1, NOW);
        }
        let mut back = 0;
        while let Some(HostTransmit::Data { flight, ack }) = self.host.poll_transmit(NOW) {
            let (first, count, size) = (flight.first, flight.batch.count, flight.batch.size);
            self.page.handle_data(first, count, size, ack, NOW).ok()?;
            back += count;
        }
        self.page.consumed(back, NOW);
        let late = NOW.plus(Limits::default().ack_delay);
        if let Some(PageTransmit::Ack(ack)) = self.page.poll_transmit(late) {
            self.host.handle_ack(CONN, ack, late).ok()?;
        }
        self.host.is_idle().then_some((there, back))
    }
}

fn packet() -> Batch<Nothing> {
    Batch { count: 1, size: SIZE, payload: Nothing }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn all_packets_go_there_and_back_and_are_acknowledged() {
        let mut ends = Ends::connected().unwrap();
        for _ in 0..3 {
            assert_eq!(ends.there_and_back(), Some((BATCH as u32, BATCH as u32)));
        }
    }
}
