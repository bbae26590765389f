//! `cargo xtask sim`: random schedules for the link.

use exciton_protocol::sim::{campaign, write_schedule};

fn main() -> std::process::ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().ok());
    let (Some(Some(schedules)), Some(Some(seed))) = (numbers.next(), numbers.next()) else {
        eprintln!("sim SCHEDULES SEED");
        return std::process::ExitCode::from(2);
    };
    let mut shown = 0;
    let failures = campaign(seed, 0..schedules, None, |failure| {
        shown += 1;
        if shown <= MOST_SHOWN {
            println!("schedule {}: {:?}", failure.number, failure.violation);
            println!("  {}", write_schedule(&failure.ops));
        }
    });
    println!("{schedules} schedules, {failures} failures");
    std::process::ExitCode::from(u8::from(failures > 0))
}

/// The first failures tell enough.
const MOST_SHOWN: u32 = 20;
