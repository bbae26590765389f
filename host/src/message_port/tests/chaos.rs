//! Whatever is posted, handed over, started and closed in whatever order: what is posted at a living pair comes out once
//! and in order, wherever the other end has gone meanwhile.

use std::collections::HashMap;
use std::sync::Mutex;

use super::page::{Heard, Page};
use super::*;

/// xorshift: the same seed gives the same run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Where an end is now.
#[derive(Clone)]
enum At {
    Here(MessagePortMain),
    Page(usize, u64),
}

/// One end of a channel: its messages are `[channel, side, n]`.
struct Owned {
    name: (usize, usize),
    at: At,
    started: bool,
    /// How often it has moved. A listener may still run when its port moves on.
    moves: u32,
}

/// What was posted at an end, and at which place of the other end it came out.
type Seen = Arc<Mutex<HashMap<(usize, usize), Vec<(u32, u64)>>>>;

/// A page is the last place of an end.
const AT_PAGE: u32 = u32::MAX;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_of_a_living_pair_arrives_once_and_in_order() {
    for seed in 1..=300 {
        run(seed).await;
    }
}

async fn run(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let pages = [Page::new(&Limits::default()), Page::new(&Limits::default())];
    let seen = Seen::default();
    let mut posted: HashMap<(usize, usize), u64> = HashMap::new();
    let mut owned = Vec::new();
    for channel in 0..6 {
        let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
        for (side, port) in [port1, port2].into_iter().enumerate() {
            owned.push(Owned {
                name: (channel, side),
                at: At::Here(port),
                started: false,
                moves: 0,
            });
        }
    }
    for _ in 0..200 {
        let index = random.below(owned.len());
        match random.below(10) {
            0..6 => post(&owned[index], &pages, &mut posted),
            6 => start(&mut owned[index], &seen),
            7 | 8 => {
                let to = random.below(3);
                transfer(&mut owned[index], to, &pages, &seen);
            }
            _ => {
                carry(&mut owned[index]).await;
            }
        }
    }
    for one in &mut owned {
        start(one, &seen);
    }
    // Until all is there: nothing else would end this.
    let complete = || {
        take(&pages, &seen);
        let seen = seen.lock().unwrap();
        posted.iter().all(|(name, count)| seen.get(name).map_or(0, Vec::len) as u64 >= *count)
    };
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while !complete() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "seed {seed}: {posted:?} {:?}",
            seen.lock().unwrap()
        );
        tokio::task::yield_now().await;
    }
    for (name, mut numbers) in std::mem::take(&mut *seen.lock().unwrap()) {
        numbers.sort_by_key(|(place, _)| *place);
        let numbers: Vec<_> = numbers.into_iter().map(|(_, number)| number).collect();
        let expected: Vec<_> = (0..posted[&name]).collect();
        assert_eq!(numbers, expected, "seed {seed}, posted at {name:?}");
    }
    drop(owned);
    for page in &pages {
        page.ports.end();
        assert_eq!(page.ports.len(), 0);
    }
}

fn post(one: &Owned, pages: &[Page; 2], posted: &mut HashMap<(usize, usize), u64>) {
    let count = posted.entry(one.name).or_default();
    let (channel, side) = one.name;
    match &one.at {
        At::Here(port) => port.post_message((channel, side, *count), &[]).unwrap(),
        At::Page(page, id) => pages[*page].post(*id, &format!("[{channel},{side},{count}]"), &[]),
    }
    *count += 1;
}

/// Reads what comes to an end in this process.
fn start(one: &mut Owned, seen: &Seen) {
    let At::Here(port) = &one.at else { return };
    if !one.started {
        one.started = true;
        let (seen, place) = (seen.clone(), one.moves);
        port.on_message(move |_event: MessageEvent, data: (usize, usize, u64)| {
            note(&seen, place, data);
        });
        port.start();
    }
}

fn note(seen: &Seen, place: u32, (channel, side, number): (usize, usize, u64)) {
    seen.lock().unwrap().entry((channel, side)).or_default().push((place, number));
}

/// Moves an end to a page.
fn transfer(one: &mut Owned, to: usize, pages: &[Page; 2], seen: &Seen) {
    if let (At::Here(port), 0 | 1) = (&one.at, to) {
        let (handed, ends) = Transfer::of(std::slice::from_ref(port)).unwrap();
        let call = exciton_protocol::Call::new("x", exciton_protocol::Args::none());
        pages[to].ports.send(call, ends).map_err(|refused| handed.refused(refused)).unwrap();
        let sent = pages[to].take();
        let Some(Heard::Message(_, _, ids)) =
            sent.iter().find(|heard| matches!(heard, Heard::Message(..)))
        else {
            panic!("{sent:?}")
        };
        let id = ids[0];
        note_all(&sent, seen);
        one.at = At::Page(to, id);
        one.started = false;
    }
}

/// Moves an end over another channel, and takes it out at the other side.
async fn carry(one: &mut Owned) {
    let At::Here(port) = one.at.clone() else { return };
    let carrier = MessageChannelMain::new();
    carrier.port1.post_message("carried", &[port]).unwrap();
    let came = ports_of(&carrier.port2).await;
    one.at = At::Here(came[0].clone());
    one.started = false;
    one.moves += 1;
}

fn note_all(sent: &[Heard], seen: &Seen) {
    for heard in sent {
        if let Heard::Port(_, text, _) = heard {
            note(seen, AT_PAGE, serde_json::from_str(text).unwrap());
        }
    }
}

fn take(pages: &[Page; 2], seen: &Seen) {
    for page in pages {
        note_all(&page.take(), seen);
    }
}
