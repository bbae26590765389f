//! What is between pages and host, and what becomes of the host.

use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::error::Result;
use crate::{HostProcess, Proxy, Side, Way};

pub(super) struct Network {
    proxy: Proxy,
    host: HostProcess,
    life: Duration,
    rng: Rng,
    cuts: u64,
    restarts: u64,
}

impl Network {
    pub(super) fn new(proxy: Proxy, host: HostProcess, life: Duration, rng: Rng) -> Self {
        Self { proxy, host, life, rng, cuts: 0, restarts: 0 }
    }

    /// One fault after the other, some of them within each other, until that moment.
    pub(super) async fn storm(&mut self, end: Instant) -> Result<()> {
        let mut death = Instant::now() + self.lifetime();
        while Instant::now() < end {
            let pause = self.millis(10..300);
            wait(pause.min(end.saturating_duration_since(Instant::now()))).await;
            if Instant::now() >= death {
                self.restart().await?;
                death = Instant::now() + self.lifetime();
            }
            self.fault().await;
        }
        Ok(())
    }

    fn lifetime(&mut self) -> Duration {
        self.life.mul_f64(0.5 + self.rng.f64())
    }

    async fn fault(&mut self) {
        let way = if self.rng.bool() { Way::ToHost } else { Way::ToPage };
        match self.rng.u32(..100) {
            0..25 => {
                self.proxy.cut();
                self.cuts += 1;
            }
            25..55 => {
                let bytes = 1 << self.rng.u32(..20);
                self.proxy.cut_after(way, self.rng.u64(1..=bytes));
            }
            55..62 => {
                self.proxy.close();
                self.cuts += 1;
            }
            62..67 => {
                let gone = if self.rng.bool() { Side::Host } else { Side::Page };
                self.proxy.half_open(gone);
                self.cuts += 1;
            }
            67..77 => {
                self.proxy.stall(way);
                wait(self.millis(50..2_500)).await;
                self.proxy.resume(way);
            }
            77..84 => {
                self.proxy.refuse().await;
                self.proxy.cut();
                self.cuts += 1;
                wait(self.millis(20..1_000)).await;
                self.proxy.accept().await;
            }
            // These last until others take their place, or nothing does.
            84..92 => {
                let delay = if self.rng.bool() { self.millis(1..60) } else { Duration::ZERO };
                self.proxy.delay(way, delay);
            }
            _ => {
                let pace = if self.rng.bool() { self.rng.u32(20_000..2_000_000) } else { 0 };
                self.proxy.throttle(way, pace);
            }
        }
    }

    /// `kill -9`, and after a moment another one in its place.
    async fn restart(&mut self) -> Result<()> {
        self.host.kill();
        wait(self.millis(0..1_000)).await;
        self.host.restart().await?;
        self.restarts += 1;
        Ok(())
    }

    /// No more faults. Connections that are dead without a word end now.
    pub(super) async fn calm(&mut self) {
        for way in [Way::ToHost, Way::ToPage] {
            self.proxy.resume(way);
            self.proxy.delay(way, Duration::ZERO);
            self.proxy.throttle(way, 0);
            self.proxy.cut_after(way, u64::MAX);
        }
        self.proxy.accept().await;
        self.proxy.cut();
    }

    /// Cuts and restarts.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.cuts + self.proxy.stats().cuts, self.restarts)
    }

    fn millis(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(range))
    }
}

/// A fault takes its time: the network sleeps on purpose.
async fn wait(span: Duration) {
    tokio::time::sleep(span).await;
}
