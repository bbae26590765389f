//! A bug on purpose, as deep as a real one: a fuzzer that finds it in a minute is one that works.

/// How far a page has come on the way to the bug: connected, sent, frozen, connected again. Each step needs numbers that
/// fit the ones before, so chance doesn't get there; a fuzzer that sees each step as new ground does.
#[derive(Default)]
pub(crate) struct Planted(u32);

impl Planted {
    /// The page has done what `number` stands for.
    pub(crate) fn step(&mut self, number: u32) {
        if self.0 + 1 == number {
            self.0 = number;
            seen(number);
        }
    }
}

/// Different code for each step, so that each is seen.
#[inline(never)]
fn seen(steps: u32) {
    match steps {
        1 => std::hint::black_box(()),
        2 => drop(std::hint::black_box(vec![2])),
        3 => drop(std::hint::black_box(String::from("3"))),
        _ => panic!("the planted bug"),
    }
}
