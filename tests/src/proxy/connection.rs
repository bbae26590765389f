//! One connection through the proxy.

use super::{Side, Stats, Way};
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

/// The most that is read at once.
const CHUNK: usize = 64 * 1024;

/// How connections end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Reset,
    Close,
    HalfOpen(Side),
}

/// What connections have been told.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) host: Option<SocketAddr>,
    to_host: Lane,
    to_page: Lane,
    // Grows with each ending; a connection that is older than it ends.
    generation: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lane {
    pub(super) stalled: bool,
    pub(super) delay: Duration,
    /// Bytes a second of each connection; 0 is as many as there are.
    pub(super) pace: u32,
}

impl Lane {
    /// How much of a buffer is read at once, so that a slow connection is one of small steps.
    fn step(self, whole: usize) -> usize {
        let step = (self.pace / STEPS_A_SECOND).max(1) as usize;
        if self.pace == 0 { whole } else { step.min(whole) }
    }

    /// How long so many bytes take.
    fn duration(self, bytes: usize) -> Duration {
        if self.pace == 0 {
            return self.delay;
        }
        self.delay + Duration::from_secs_f64(bytes as f64 / f64::from(self.pace))
    }
}

const STEPS_A_SECOND: u32 = 50;

impl Control {
    pub(super) fn lane_mut(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::ToHost => &mut self.to_host,
            Way::ToPage => &mut self.to_page,
        }
    }

    fn lane(&self, way: Way) -> Lane {
        match way {
            Way::ToHost => self.to_host,
            Way::ToPage => self.to_page,
        }
    }
}

/// What the proxy and its connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) control: watch::Sender<Control>,
    pub(super) stats: watch::Sender<Stats>,
    pub(super) listening: watch::Sender<bool>,
    budget: Mutex<Option<(Way, u64)>>,
}

impl Shared {
    pub(super) fn new(host: Option<SocketAddr>) -> Self {
        let control = Control {
            host,
            to_host: Lane::default(),
            to_page: Lane::default(),
            generation: 0,
            end: End::Reset,
        };
        Shared {
            control: watch::Sender::new(control),
            stats: watch::Sender::new(Stats::default()),
            listening: watch::Sender::new(true),
            budget: Mutex::new(None),
        }
    }

    pub(super) fn end_all(&self, end: End) {
        self.control.send_modify(|control| {
            control.generation += 1;
            control.end = end;
        });
    }

    pub(super) fn set_budget(&self, way: Way, bytes: u64) {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        *budget = Some((way, bytes));
        if bytes == 0 {
            *budget = None;
            self.cut_by_budget();
        }
    }

    /// Counts a new connection; the result is its age.
    pub(super) fn opened(&self) -> u64 {
        self.stats.send_modify(|stats| {
            stats.accepted += 1;
            stats.open += 1;
        });
        self.control.borrow().generation
    }

    /// How many of `wanted` bytes may still go that way.
    fn allowed(&self, way: Way, wanted: usize) -> usize {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *budget {
            Some((limited, left)) if *limited == way => {
                let allowed = usize::try_from(*left).unwrap_or(usize::MAX).min(wanted);
                *left -= allowed as u64;
                allowed
            }
            _ => wanted,
        }
    }

    /// Cuts if nothing more may go that way.
    fn spent(&self, way: Way) {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        if *budget == Some((way, 0)) {
            *budget = None;
            self.cut_by_budget();
        }
    }

    fn cut_by_budget(&self) {
        self.end_all(End::Reset);
        self.stats.send_modify(|stats| stats.cuts += 1);
    }

    fn count(&self, way: Way, bytes: usize) {
        self.stats.send_modify(|stats| match way {
            Way::ToHost => stats.to_host += bytes as u64,
            Way::ToPage => stats.to_page += bytes as u64,
        });
    }
}

/// Forwards a browser's connection until one end closes it or the proxy is told to end it.
pub(super) async fn run(mut page: TcpStream, shared: &Shared, opened: u64) {
    let mut ending = shared.control.subscribe();
    let ended = async {
        // The sender lives in `shared`.
        match ending.wait_for(|control| control.generation > opened).await {
            Ok(control) => (control.generation, control.end),
            Err(_) => (opened, End::Reset),
        }
    };
    tokio::pin!(ended);

    let target = shared.control.borrow().host;
    // Connected in any case, so that the host sees how the connection ends and not that it began to.
    let connected = match target {
        Some(target) => TcpStream::connect(target).await,
        None => Err(io::ErrorKind::ConnectionRefused.into()),
    };
    let Ok(mut host) = connected else {
        reset(page);
        return;
    };
    // The proxy must not add delays of its own.
    let _ = page.set_nodelay(true);
    let _ = host.set_nodelay(true);

    let (from_page, to_page) = page.split();
    let (from_host, to_host) = host.split();
    let forwarding = async {
        tokio::try_join!(
            forward(Way::ToHost, from_page, to_host, shared),
            forward(Way::ToPage, from_host, to_page, shared),
        )
    };
    let (generation, end) = tokio::select! {
        // Told to end comes first, so that nothing more is forwarded than was allowed.
        biased;
        told = &mut ended => told,
        forwarded = forwarding => (opened, if forwarded.is_ok() { End::Close } else { End::Reset }),
    };
    match end {
        End::Close => {}
        End::Reset => {
            reset(page);
            reset(host);
        }
        End::HalfOpen(gone) => {
            let kept = match gone {
                Side::Page => {
                    reset(page);
                    host
                }
                Side::Host => {
                    reset(host);
                    page
                }
            };
            let mut ending = shared.control.subscribe();
            let _ = ending.wait_for(|control| control.generation > generation).await;
            reset(kept);
        }
    }
}

/// Closes a connection so that the peer sees a reset.
fn reset(stream: TcpStream) {
    // Where it can't be set the peer sees an orderly end, which is an end too.
    let _ = stream.set_zero_linger();
}

/// Forwards one direction to its end.
async fn forward(
    way: Way,
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    shared: &Shared,
) -> io::Result<()> {
    let mut control = shared.control.subscribe();
    let mut buffer = vec![0; CHUNK];
    loop {
        flowing(&mut control, way).await;
        let lane = control.borrow().lane(way);
        let step = lane.step(CHUNK);
        let read = tokio::select! {
            biased;
            // A stall begins before the next byte is read.
            () = stalled(&mut control, way) => continue,
            read = from.read(&mut buffer[..step]) => read?,
        };
        if read == 0 {
            return to.shutdown().await;
        }
        let delay = shared.control.borrow().lane(way).duration(read);
        if !delay.is_zero() {
            // The slow network that the test asked for sleeps on purpose.
            tokio::time::sleep(delay).await;
        }
        flowing(&mut control, way).await;
        let allowed = shared.allowed(way, read);
        to.write_all(&buffer[..allowed]).await?;
        shared.count(way, allowed);
        shared.spent(way);
        if allowed < read {
            // Cut; the rest is never to arrive.
            return std::future::pending().await;
        }
    }
}

async fn flowing(control: &mut watch::Receiver<Control>, way: Way) {
    // Without a sender there is nobody who could resume, nor anybody left to stall.
    let _ = control.wait_for(|control| !control.lane(way).stalled).await;
}

async fn stalled(control: &mut watch::Receiver<Control>, way: Way) {
    let _ = control.wait_for(|control| control.lane(way).stalled).await;
}
