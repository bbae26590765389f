//! Random numbers that a failed test can be repeated with.

use fastrand::Rng;

/// A generator with a fresh seed, or with that of `EXCITON_SEED`. The seed is printed to stderr, where
/// a failed test shows it; `what` names the user, and is not part of the seed.
///
/// # Panics
/// When `EXCITON_SEED` is no number: a run that was meant to repeat another must not quietly differ.
pub fn seeded(what: &str) -> Rng {
    let seed = match std::env::var("EXCITON_SEED") {
        Ok(given) => match given.parse() {
            Ok(seed) => seed,
            Err(_) => panic!("EXCITON_SEED={given:?} is no number below 2^64"),
        },
        Err(_) => fastrand::u64(..),
    };
    eprintln!("{what}: EXCITON_SEED={seed} repeats this run");
    Rng::with_seed(seed)
}
