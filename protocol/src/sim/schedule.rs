//! Schedules: drawn from a seed, run, and made short when they fail.

use super::{Ablation, Op, Violation, World, narrow_limits, read_schedule};

/// A schedule that breaks a rule.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Of the campaign, from 0.
    pub number: u64,
    /// The shortest schedule that was found.
    pub ops: Vec<Op>,
    /// What it breaks.
    pub violation: Violation,
}

/// Runs a schedule in a new world and lets it heal.
///
/// # Errors
/// The first [`Violation`].
pub fn run(ops: &[Op], without: Option<Ablation>) -> Result<World, Violation> {
    let mut world = World::new(narrow_limits(), without);
    for op in ops {
        world.apply(*op)?;
    }
    world.heal()?;
    Ok(world)
}

/// The schedule of this number in the campaign of this seed.
pub fn draw(seed: u64, number: u64) -> Vec<Op> {
    let mut state = mix(seed ^ mix(number));
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    // Short ones find what is simple fast, long ones what needs a history.
    let length = 8 + (next() % 60) * (next() % 8);
    let bytes: Vec<u8> =
        (0..length).flat_map(|_| next().to_le_bytes()).take(2 * length as usize).collect();
    read_schedule(&bytes)
}

/// SplitMix64's finalizer: every seed and number far from its neighbours.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Runs the schedules of these numbers; each that fails is made short and handed over.
pub fn campaign(
    seed: u64,
    numbers: std::ops::Range<u64>,
    without: Option<Ablation>,
    mut failed: impl FnMut(Failure),
) -> u64 {
    let mut failures = 0;
    for number in numbers {
        let ops = draw(seed, number);
        if run(&ops, without).is_err() {
            failures += 1;
            let (ops, violation) = shrink(ops, without);
            failed(Failure { number, ops, violation });
        }
    }
    failures
}

/// Leaves out operations and makes their arguments small, for as long as the schedule still fails.
pub fn shrink(mut ops: Vec<Op>, without: Option<Ablation>) -> (Vec<Op>, Violation) {
    let fails = |ops: &[Op]| run(ops, without).err();
    let mut violation = fails(&ops).unwrap_or_else(|| Violation("it did not fail".to_owned()));
    let mut size = ops.len().div_ceil(2);
    while size > 0 {
        let (mut at, before) = (0, ops.len());
        while at < ops.len() {
            let mut fewer = ops.clone();
            fewer.drain(at..(at + size).min(ops.len()));
            match fails(&fewer) {
                Some(found) => (ops, violation) = (fewer, found),
                None => at += size,
            }
        }
        // Single ones are tried again until none can go.
        if size > 1 || ops.len() == before {
            size /= 2;
        }
    }
    let mut at = 0;
    while at < ops.len() {
        let better = ops[at].smaller().into_iter().find_map(|smaller| {
            let mut less = ops.clone();
            less[at] = smaller;
            fails(&less).map(|found| (less, found))
        });
        match better {
            Some(found) => (ops, violation) = found,
            None => at += 1,
        }
    }
    (ops, violation)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::LinkLost;
    use crate::sim::{parse_schedule, write_schedule};

    /// Schedules that once failed, a line each behind what went wrong.
    const SEEDS: &str = include_str!("seeds.txt");

    fn words(row: &str) -> World {
        let ops = parse_schedule(row).unwrap_or_else(|word| panic!("{word}"));
        run(&ops, None).unwrap_or_else(|violation| panic!("{row}\n{violation:?}"))
    }

    #[test]
    fn without_faults_everything_arrives() {
        let world = words("send sync invoke host-send sync-step:0 up:5 run:4 down:5");
        assert_eq!(world.losses(), []);
    }

    #[test]
    fn a_restart_is_told_and_ends_the_link() {
        assert_eq!(words("send up:5 restart").losses(), [LinkLost::HostRestarted]);
    }

    #[test]
    fn what_once_failed_never_fails_again() {
        let rows = SEEDS.lines().filter(|row| !row.is_empty() && !row.starts_with('#'));
        assert!(rows.map(words).count() >= 5);
    }

    #[test]
    fn nothing_is_lost_or_run_twice_and_everything_settles() {
        // Two halves, for a machine of two cores.
        let half = |numbers| {
            move || {
                let mut failed = Vec::new();
                campaign(0, numbers, None, |failure| failed.push(failure));
                failed
            }
        };
        let other = std::thread::spawn(half(0..10_000));
        let mut failed = half(10_000..20_000)();
        failed.extend(other.join().unwrap());
        for failure in &failed {
            println!("{}: {:?}", write_schedule(&failure.ops), failure.violation);
        }
        assert!(failed.is_empty(), "{} of 20000 schedules fail", failed.len());
    }

    #[test]
    fn a_failing_schedule_is_made_short_and_still_fails() {
        let ops =
            parse_schedule("host-send run:3 sync sync-step:2 run:4 up:3 sync wake restart send")
                .unwrap();
        let (ops, violation) = shrink(ops, Some(Ablation::Epoch));
        assert_eq!(violation.0, "1 ran twice");
        assert_eq!(write_schedule(&ops), "sync sync-step:0 run:0 sync restart");
    }

    /// Runs schedules without one of the rules until one fails in the known way.
    fn fails_without(rule: Ablation, known: &str) {
        let fails = |number: &u64| {
            let found = run(&draw(1, *number), Some(rule)).err();
            found.is_some_and(|violation| violation.0.contains(known))
        };
        let found = (0..20_000).find(fails);
        assert!(found.is_some(), "20,000 schedules without {rule:?} show no \"{known}\"");
    }

    #[test]
    fn without_attempts_an_old_connection_takes_the_link_from_one_that_works() {
        fails_without(Ablation::Attempt, "a connection that worked was given up");
    }

    #[test]
    fn without_tombstones_an_ended_link_runs_its_packets_again() {
        fails_without(Ablation::Tombstones, "ran twice");
    }

    #[test]
    fn a_host_that_waits_for_the_socket_never_answers() {
        fails_without(Ablation::Backlog, "with 1 calls under way");
    }

    #[test]
    fn without_an_epoch_at_first_contact_a_restarted_host_runs_packets_again() {
        fails_without(Ablation::Epoch, "ran twice");
    }

    #[test]
    fn with_one_slot_for_answers_a_nested_call_gets_the_other_ones() {
        fails_without(Ablation::AnswerPerSeq, "was answered as");
    }

    #[test]
    fn without_a_word_of_what_has_come_a_cut_packet_starts_over() {
        fails_without(Ablation::Resume, "last: false }]) went to the host again");
    }
}
