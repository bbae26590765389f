//! Counts primes: the sieve of Eratosthenes, one stretch of numbers after the other.
//!
//! Plain computing without I/O, so that the same file runs in the main process and, as WebAssembly, in the page.

/// Odd numbers per stretch; a byte each, so that a stretch fits into a core's second cache.
const STRETCH: usize = 1 << 18;

/// A count of the primes in a range, a stretch at a time.
pub struct Sieve {
    /// The odd primes up to the root of the end, each with its next odd multiple that is not crossed out yet.
    crossing: Vec<Crossing>,
    /// Whether each odd number of the current stretch is a multiple of one of them.
    crossed: Vec<bool>,
    /// An odd number is spoken of by its index: 2 · index + 1.
    first: u64,
    at: u64,
    end: u64,
    count: u64,
}

struct Crossing {
    prime: u64,
    next: u64,
}

impl Sieve {
    /// The primes from `from` on and below `to`, none of them counted yet.
    pub fn new(from: u64, to: u64) -> Self {
        // 2 is the only prime without an index, and 1 the only number that has one and no divisor, but is no prime.
        let count = u64::from(from <= 2 && 2 < to);
        let first = (from / 2).max(1);
        let crossing = odd_primes_to(to.isqrt()).map(|prime| {
            let square = prime * prime / 2;
            let beyond = first.saturating_sub(prime / 2).next_multiple_of(prime) + prime / 2;
            Crossing { prime, next: square.max(beyond) }
        });
        let crossing = crossing.collect();
        Self { crossing, crossed: Vec::new(), first, at: first, end: (to / 2).max(first), count }
    }

    /// Sieves the next stretch. False once there is none.
    // Never a part of its caller's loop: engines take up the faster code that they have made of a WebAssembly function
    // at its next call.
    #[inline(never)]
    pub fn step(&mut self) -> bool {
        let length = (self.end - self.at).min(STRETCH as u64) as usize;
        if length == 0 {
            return false;
        }
        self.crossed.clear();
        self.crossed.resize(length, false);
        for Crossing { prime, next } in &mut self.crossing {
            let mut index = *next - self.at;
            while let Some(crossed) = self.crossed.get_mut(index as usize) {
                *crossed = true;
                index += *prime;
            }
            *next = self.at + index;
        }
        self.count += self.crossed.iter().filter(|crossed| !**crossed).count() as u64;
        self.at += length as u64;
        true
    }

    /// The primes that were found so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How much of the range is done: 0 to 1.
    pub fn done(&self) -> f64 {
        if self.end == self.first {
            return 1.0;
        }
        (self.at - self.first) as f64 / (self.end - self.first) as f64
    }
}

/// By trial division: only the root's worth of them is ever needed.
fn odd_primes_to(limit: u64) -> impl Iterator<Item = u64> {
    let divides = |odd: u64, by: &u64| odd.is_multiple_of(*by);
    (3..=limit)
        .step_by(2)
        .filter(move |odd| (3..=odd.isqrt()).step_by(2).all(|by| !divides(*odd, &by)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(from: u64, to: u64) -> u64 {
        let mut sieve = Sieve::new(from, to);
        while sieve.step() {}
        assert_eq!(sieve.done(), 1.0);
        sieve.count()
    }

    #[test]
    fn small_ranges_agree_with_trial_division() {
        let is_prime = |n: u64| n >= 2 && (2..n).all(|by| !n.is_multiple_of(by));
        for from in 0..60 {
            for to in from..140 {
                let primes = (from..to).filter(|n| is_prime(*n)).count() as u64;
                assert_eq!(count(from, to), primes, "{from}..{to}");
            }
        }
    }

    /// The number of primes below 2^n: A007053 of the On-Line Encyclopedia of Integer Sequences.
    #[test]
    fn the_count_agrees_with_the_literature_over_many_stretches() {
        assert_eq!(count(0, 1 << 20), 82_025);
        assert_eq!(count(0, 1 << 23), 564_163);
        assert_eq!(count(0, 1 << 22) + count(1 << 22, 1 << 23), 564_163);
    }

    #[test]
    fn a_range_far_out_begins_where_it_should() {
        let whole = count(0, (1 << 22) + 12_345);
        assert_eq!(count(0, 1 << 22) + count(1 << 22, (1 << 22) + 12_345), whole);
    }
}
