//! A page, and a host, that say whatever they like: the other end neither panics nor grows, and never spins.

use exciton_protocol::{
    Admit, Batch, Epoch, Gone, HostLink, Limits, LinkId, LinkLost, Merge, Millis, PageLink, sim,
};

use crate::planted::Planted;

/// A payload without content.
#[derive(Debug)]
struct Nothing;

impl Merge for Nothing {
    fn merge(&mut self, _: Self) -> Result<(), Self> {
        Ok(())
    }
}

/// The bytes of the input, as numbers that are likely to hurt.
struct Source<'a>(std::slice::Iter<'a, u8>);

impl Source<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.0.next().copied()
    }

    fn number(&mut self) -> Option<u64> {
        Some(match self.byte()? {
            small @ 0..=239 => small.into(),
            odd => [u64::MAX, u64::MAX - 1, 1 << 32, u32::MAX.into()][usize::from(odd) % 4],
        })
    }

    fn count(&mut self) -> Option<u32> {
        // What a frame numbers is bounded by its bytes.
        Some(self.byte()?.into())
    }

    fn size(&mut self) -> Option<usize> {
        Some(usize::from(self.byte()?) * 4_096)
    }
}

pub(crate) fn peer(data: &[u8]) {
    let Some((which, rest)) = data.split_first() else { return };
    let mut source = Source(rest.iter());
    // The end of the input is the end of the story.
    let _ = if which & 1 == 0 {
        page_speaks(&mut source, &mut |_| {})
    } else {
        host_speaks(&mut source)
    };
}

/// The same page, and a host with a bug.
pub(crate) fn planted(data: &[u8]) {
    let mut planted = Planted::default();
    let _ = page_speaks(&mut Source(data.iter()), &mut |step| planted.step(step));
}

/// The host's end of a link, with a page that says whatever it likes.
fn page_speaks(source: &mut Source<'_>, step: &mut impl FnMut(u32)) -> Option<()> {
    let limits = sim::narrow_limits();
    let mut now = Millis(1);
    let mut link: HostLink<Nothing, u8> = HostLink::new(LinkId::from_bits(1), limits, now);
    loop {
        let (conn, open) = (source.byte()?.into(), 1 << 16);
        match source.byte()? % 18 {
            0 => {
                let (attempt, ack, admitted) =
                    (source.number()?, source.number()?, source.number()?);
                if link.handle_hello(conn, attempt, ack, admitted, now).is_ok() {
                    step(1);
                    step(4);
                }
            }
            1..=3 => {
                let (first, count, size) = (source.number()?, source.count()?, source.size()?);
                {
                    let taken = link.handle_data(conn, first, count, size, source.number()?, now);
                    if let Ok(Some(Admit::Take { .. })) = taken {
                        step(2);
                    }
                }
            }
            4 => {
                let _ = link.handle_ack(conn, source.number()?, now);
            }
            5 => link.handle_ping(conn, now),
            6 => {
                let _ =
                    link.handle_sync(source.number()?, &[source.number()?, source.number()?], now);
            }
            7 | 8 => {
                let _ = link.handle_sync_data(source.number()?, source.count()?, source.size()?);
            }
            9 => {
                let _ = link.sync_began(source.number()?);
            }
            10 => {
                let _ = link.answer(source.number()?, 0);
            }
            11 => {
                let _ = link.handle_closed(conn, Gone::Closed, now);
            }
            12 => link.handle_bye(now),
            13 => {
                if link.freeze(conn, now) {
                    step(3);
                }
            }
            14 => link.retire(now),
            15 => {
                let size = source.size()?;
                let full = link.queued_bytes() + size > limits.outbox_bytes as usize;
                assert_eq!(link.push(Batch { count: 1, size, payload: Nothing }).is_err(), full);
            }
            16 => link.consumed(source.count()?, now),
            _ => now = now.plus(source.number()? % open),
        }
        assert!(link.consumed_seq() <= link.admitted());
        assert!(link.queued_bytes() <= limits.outbox_bytes as usize);
        let mut written = 0;
        while link.poll_transmit(now).is_some() {
            written += 1;
            assert!(written < 1_000, "the host writes without end");
        }
        if link.conn().is_some() {
            assert!(link.poll_timeout().is_some_and(|at| at > now), "the host's timer spins");
        }
    }
}

/// The page's end of a link, with a host that says whatever it likes.
fn host_speaks(source: &mut Source<'_>) -> Option<()> {
    let limits: Limits = sim::narrow_limits();
    let mut now = Millis(1);
    let mut link: PageLink<Nothing> =
        PageLink::new(LinkId::from_bits(1), Epoch::from_bits(1), limits, now);
    loop {
        match source.byte()? % 20 {
            0 | 1 => link.handle_open(now),
            2 | 3 => {
                let _ = link.handle_welcome(source.number()?, source.number()?, now);
            }
            4..=6 => {
                let (first, count, size) = (source.number()?, source.count()?, source.size()?);
                {
                    let _ = link.handle_data(first, count, size, source.number()?, now);
                }
            }
            7 => {
                let _ = link.handle_ack(source.number()?, now);
            }
            8 => {
                let (ack, admitted) = (source.number()?, source.number()?);
                {
                    let _ = link.handle_sync(ack, admitted, &[source.number()?], now);
                }
            }
            9 => link.handle_closed(now, source.count()?),
            10 => link.handle_misbehaved(now, source.count()?),
            11 => link.handle_alive(source.byte()? & 1 == 0, now, source.count()?),
            12 => link.handle_wake(now),
            13 => link.handle_freeze(),
            14 => link.handle_timeout(now, source.count()?),
            15 => {
                let size = source.size()?;
                {
                    let _ = link.push(Batch { count: 1, size, payload: Nothing });
                }
            }
            16 => {
                let seq = link.push_sync(Batch { count: 1, size: 1, payload: Nothing });
                if link.sync_begin(seq).is_ok() {
                    link.backlog(seq).for_each(drop);
                    link.sync_end(seq);
                }
            }
            17 => link.consumed(source.count()?, now),
            18 => link.handle_lost(LinkLost::Expired),
            _ => now = now.plus(source.number()? % (1 << 16)),
        }
        let mut written = 0;
        while link.poll_transmit(now).is_some() || link.poll_want().is_some() {
            written += 1;
            assert!(written < 1_000, "the page writes without end");
        }
        while link.poll_event().is_some() {}
        // As the driver does: what is due is done, and then nothing is due.
        let mut rounds = 0;
        while link.poll_timeout().is_some_and(|at| at <= now) {
            link.handle_timeout(now, 0);
            while link.poll_transmit(now).is_some() || link.poll_want().is_some() {}
            rounds += 1;
            assert!(rounds < 10, "the page's timer spins");
        }
    }
}
