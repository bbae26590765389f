//! What both ends do, moment by moment.

use super::*;
use crate::error::PeerMisbehaved;
use crate::ids::{Epoch, LinkId, Millis, Seq};
use crate::limits::Limits;

type Host = HostLink<Vec<u8>, ()>;
type Page = PageLink<Vec<u8>>;

const NOW: Millis = Millis(1_000_000);
const ID: LinkId = LinkId::from_bits(1);

/// A packet that no other shares a message with.
fn part() -> Batch<Vec<u8>> {
    let size = Limits::default().batch_bytes as usize;
    Batch { count: 1, size, payload: vec![1] }
}

fn host() -> Host {
    let mut host = Host::new(ID, Limits::default(), NOW);
    host.handle_hello(1, 1, 0, 0, NOW).unwrap();
    assert!(matches!(host.poll_transmit(NOW), Some(HostTransmit::Welcome { ack: 0, .. })));
    host
}

fn page() -> Page {
    let mut page = Page::new(ID, Epoch::from_bits(1), Limits::default(), NOW);
    page.handle_open(NOW);
    assert!(matches!(page.poll_transmit(NOW), Some(PageTransmit::Hello { attempt: 1, .. })));
    page.handle_welcome(0, 0, NOW).unwrap();
    page
}

#[test]
fn the_hosts_control_waits_behind_no_more_than_the_part_that_is_being_written() {
    let mut host = host();
    for _ in 0..4 {
        host.push(part()).unwrap();
    }
    let data = |host: &mut Host, at: Seq, told: Seq| {
        let Some(HostTransmit::Data { flight, ack }) = host.poll_transmit(NOW) else {
            panic!("no part")
        };
        assert_eq!((flight.first, ack), (at, told));
    };
    data(&mut host, 0, 0);
    host.handle_ping(1, NOW);
    assert!(matches!(host.poll_transmit(NOW), Some(HostTransmit::Ack(0))));
    // An acknowledgement rides on the next part.
    data(&mut host, 1, 0);
    host.handle_data(1, 0, 1, 10, 0, NOW).unwrap();
    host.consumed(1, NOW);
    data(&mut host, 2, 1);
    // A new connection is welcomed before anything else.
    host.handle_hello(2, 2, 0, 0, NOW).unwrap();
    assert!(matches!(host.poll_transmit(NOW), Some(HostTransmit::Welcome { ack: 1, .. })));
}

#[test]
fn the_pages_control_waits_behind_no_more_than_the_part_that_is_being_written() {
    let mut page = page();
    for _ in 0..4 {
        page.push(part()).unwrap();
    }
    let data = |page: &mut Page, at: Seq, told: Seq| {
        let Some(PageTransmit::Data { flight, ack }) = page.poll_transmit(NOW) else {
            panic!("no part")
        };
        assert_eq!((flight.first, ack), (at, told));
    };
    data(&mut page, 0, 0);
    page.handle_wake(NOW);
    assert!(matches!(page.poll_transmit(NOW), Some(PageTransmit::Ping)));
    data(&mut page, 1, 0);
    page.handle_data(0, 1, 10, 0, NOW).unwrap();
    page.consumed(1, NOW);
    data(&mut page, 2, 1);
}

#[test]
fn an_older_hello_is_refused_and_only_the_present_connection_counts() {
    let mut host = host();
    assert_eq!(host.handle_hello(2, 3, 0, 0, NOW).unwrap().replaced, Some(1));
    let stale = host.handle_hello(3, 2, 0, 0, NOW);
    assert_eq!(stale, Err(Refused::Stale { got: 2, newest: 3 }));
    assert_eq!(host.handle_data(1, 0, 1, 10, 0, NOW), Ok(None));
    assert!(!host.handle_closed(1, Gone::Closed, NOW), "the old one's end is no end of the link");
    assert_eq!(host.handle_data(2, 0, 1, 10, 0, NOW), Ok(Some(Admit::Take { skip: 0 })));
}

#[test]
fn a_packet_too_far_on_ends_the_connection_and_the_next_one_repairs_the_link() {
    let mut host = host();
    let gap = host.handle_data(1, 1, 1, 10, 0, NOW);
    assert_eq!(gap, Err(PeerMisbehaved::Gap { got: 1, wanted: 0 }));
    host.handle_closed(1, Gone::Closed, NOW);
    host.handle_hello(2, 2, 0, 0, NOW).unwrap();
    assert_eq!(host.handle_data(2, 0, 2, 10, 0, NOW), Ok(Some(Admit::Take { skip: 0 })));

    let mut page = page();
    page.push(part()).unwrap();
    assert!(page.handle_data(1, 1, 10, 0, NOW).is_err());
    page.handle_misbehaved(NOW, 0);
    page.handle_timeout(NOW, 0);
    let mut wants = std::iter::from_fn(|| page.poll_want());
    assert_eq!(wants.next(), Some(Want::Probe), "it takes the host for one that is not well");
    page.handle_alive(true, NOW, 0);
    assert_eq!(page.poll_want(), Some(Want::Connect));
    page.handle_open(NOW);
    assert!(matches!(page.poll_transmit(NOW), Some(PageTransmit::Hello { admitted: 0, .. })));
    page.handle_welcome(0, 0, NOW).unwrap();
    assert!(matches!(page.poll_transmit(NOW), Some(PageTransmit::Data { .. })));
}

#[test]
fn handlers_that_take_their_time_cost_no_credit() {
    let mut host = host();
    let limits = Limits::default();
    let batch = limits.batch_packets;
    // Three windows of invokes, none of them answered.
    for round in 0..3 * limits.window_packets / batch {
        let first = Seq::from(round * batch);
        let admit = host.handle_data(1, first, batch, 10, 0, NOW);
        assert_eq!(admit, Ok(Some(Admit::Take { skip: 0 })));
        for _ in 0..batch {
            assert!(host.invoke_began());
        }
        host.consumed(batch, NOW);
    }
    assert_eq!(host.open_invokes(), 3 * limits.window_packets);
    assert_eq!(host.consumed_seq(), Seq::from(3 * limits.window_packets));
}

#[test]
fn a_silent_host_gives_a_sign_and_only_what_comes_from_the_page_is_one_of_life() {
    let limits = Limits::default();
    let mut host = host();
    let due = host.poll_timeout().unwrap();
    assert_eq!(due.since(NOW), limits.ping);
    assert!(host.poll_transmit(NOW.plus(limits.ping - 1)).is_none());
    assert!(matches!(host.poll_transmit(due), Some(HostTransmit::Ack(0))));
    // What the host itself says proves nothing.
    let late = NOW.plus(limits.ping + limits.silence);
    assert!(!host.is_silent(Millis(late.0 - 1)));
    host.push(part()).unwrap();
    assert!(host.poll_transmit(late).is_some());
    assert!(host.is_silent(late));
    host.handle_life(1, late);
    assert!(!host.is_silent(late));
}

#[test]
fn each_way_to_go_has_its_grace_and_a_close_after_a_goodbye_prolongs_nothing() {
    let limits = Limits::default();
    let spans = [
        (Gone::Bye, limits.grace_bye),
        (Gone::Closed, limits.grace_closed),
        (Gone::Vanished, limits.grace_lost),
    ];
    for (gone, span) in spans {
        let mut host = host();
        assert!(host.handle_closed(1, gone, NOW));
        assert!(!host.is_expired(NOW.plus(span - 1)), "{gone:?}");
        assert!(host.is_expired(NOW.plus(span)), "{gone:?}");
    }
    let mut host = host();
    host.handle_bye(NOW);
    let far = NOW.plus(10 * limits.grace_lost);
    assert!(!host.is_expired(far), "a link with a connection never runs out");
    host.handle_closed(1, Gone::Vanished, NOW);
    assert!(host.is_expired(NOW.plus(limits.grace_bye)));
}

#[test]
fn a_task_of_many_sends_and_synchronous_calls_says_each_packet_once() {
    let mut page = page();
    let mut said = 0;
    for round in 0..1_000 {
        page.push(Batch { count: 1, size: 1, payload: vec![1] }).unwrap();
        let seq = page.push_sync(Batch { count: 1, size: 1, payload: vec![2] });
        page.sync_begin(seq).unwrap();
        said += page.backlog(seq).map(|flight| flight.batch.count).sum::<u32>();
        page.sync_end(seq);
        // The host has got all of it, and has called the listeners of nothing.
        let (_, got) = page.sync_header();
        let got = got.to_vec();
        page.handle_sync(0, 2 * (round + 1), &got, NOW).unwrap();
    }
    assert_eq!(said, 2_000);
}

#[test]
fn what_a_request_carries_needs_no_credit_and_one_call_fits_on_top_of_a_full_outbox() {
    let limits = Limits::default();
    let mut page = page();
    while page.push(part()).is_ok() {}
    page.check_sync_room().unwrap();
    let size = limits.packet_bytes as usize;
    let seq = page.push_sync(Batch { count: 1, size, payload: vec![2] });
    let full = page.check_sync_room().unwrap_err();
    assert_eq!((full.queued, full.cap), (page.queued_bytes(), limits.outbox_bytes as usize));

    let mut host = host();
    let mut all = 0;
    for flight in page.backlog(seq) {
        let (count, size) = (flight.batch.count, flight.batch.size);
        let admit = host.handle_sync_data(flight.first, count, size);
        assert_eq!(admit, Ok(Admit::Take { skip: 0 }));
        all += size;
    }
    assert!(all > 10 * limits.window_bytes as usize && all <= limits.sync_body_bytes());
}

#[test]
fn a_page_that_sends_beyond_its_credit_is_refused_with_both_numbers() {
    let limits = Limits::default();
    let mut host = host();
    let window = limits.window_packets;
    assert!(host.handle_data(1, 0, window, 10, 0, NOW).is_ok());
    let over = host.handle_data(1, window.into(), 1, 10, 0, NOW).unwrap_err();
    let (got, window) = (Seq::from(window) + 1, Seq::from(window));
    assert_eq!(over, PeerMisbehaved::Overrun { got, window, unit: "packets" });
}

#[test]
fn calls_within_calls_go_as_deep_as_the_limit_and_no_deeper() {
    let limit = Limits::default().nested_syncs;
    let mut page = page();
    for _ in 0..limit {
        let seq = page.push_sync(Batch { count: 1, size: 1, payload: vec![2] });
        page.sync_begin(seq).unwrap();
    }
    assert_eq!(page.check_nesting(), Err(TooNested { limit }));
    page.sync_end(3);
    assert_eq!(page.check_nesting(), Ok(()));
}

#[test]
fn a_page_that_waits_for_an_acknowledgement_asks_soon_and_leaves_soon_after() {
    let limits = Limits::default();
    let mut page = page();
    page.push(part()).unwrap();
    while page.poll_transmit(NOW).is_some() {}
    let asks = page.poll_timeout().unwrap();
    assert_eq!(asks.since(NOW), limits.probe / 2);
    page.handle_timeout(asks, 0);
    assert!(matches!(page.poll_transmit(asks), Some(PageTransmit::Ping)));
    let leaves = page.poll_timeout().unwrap();
    assert_eq!(leaves.since(asks), limits.probe);
    page.handle_timeout(leaves, 0);
    assert_eq!(std::iter::from_fn(|| page.poll_want()).last(), Some(Want::Connect));
    assert_eq!(std::iter::from_fn(|| page.poll_event()).last(), Some(PageEvent::Down));
}
