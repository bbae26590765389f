//! What a fuzzer throws at the protocol and at the server. A target takes any bytes, and panics if a promise is broken.
//!
//! `cargo xtask fuzz` looks for inputs, guided by coverage; the tests here run those that were kept, in `corpus/`.

mod http;
mod peer;
mod planted;
mod wire;

use exciton_protocol::sim;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, Target); 7] = [
    ("frame", wire::frame),
    ("packet", wire::packet),
    ("value", wire::value),
    ("sync", wire::sync),
    ("peer", peer::peer),
    ("link", link),
    ("http", http::http),
];

/// The target of this name; `planted` is one with a bug, to try the fuzzer itself.
pub fn named(name: &str) -> Option<Target> {
    let planted = ("planted", peer::planted as Target);
    TARGETS.into_iter().chain([planted]).find(|(known, _)| *known == name).map(|(_, target)| target)
}

/// A schedule of the simulated world.
fn link(data: &[u8]) {
    let ops = sim::read_schedule(&data[..data.len().min(MOST_OPS)]);
    if let Err(violation) = sim::run(&ops, None) {
        panic!("{violation:?}\n{}", sim::write_schedule(&ops));
    }
}

/// Longer schedules only take longer.
const MOST_OPS: usize = 400;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_input_that_was_kept_keeps_the_promises() {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        for (name, target) in TARGETS {
            let files = std::fs::read_dir(corpus.join(name)).unwrap();
            let mut count = 0;
            for file in files {
                let path = file.unwrap().path();
                println!("{}", path.display());
                target(&std::fs::read(path).unwrap());
                count += 1;
            }
            assert!(count > 5, "{name} has {count} inputs");
        }
    }

    #[test]
    #[should_panic(expected = "planted")]
    fn the_planted_bug_is_there() {
        // Hello, a packet, the back/forward cache, hello.
        peer::planted(&[1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 13, 2, 0, 2, 0, 0]);
    }
}
