//! Random schedules for the link, on virtual time.

use crate::job::{Failure, job};

/// Draws and runs schedules; the last line printed is `N schedules, F failures`. The same seed draws the same ones.
pub fn sim(args: &[String]) -> Result<(), Failure> {
    let (schedules, seed) = numbers(args)?;
    let sim = "cargo run --locked --release --quiet --package exciton-protocol --features sim --example sim --";
    job(&format!("{sim} {schedules} {seed}")).run().map(|_| ())
}

fn numbers(args: &[String]) -> Result<(u64, u64), String> {
    let (mut schedules, mut seed) = (1_000_000, 0);
    let mut args = args.iter();
    while let Some(flag) = args.next() {
        let number = match flag.as_str() {
            "--schedules" => &mut schedules,
            "--seed" => &mut seed,
            other => return Err(format!("{other}: only --schedules N and --seed S are known")),
        };
        let value = args.next().and_then(|text| text.replace(['_', ','], "").parse().ok());
        *number = value.ok_or(format!("{flag} takes a number"))?;
    }
    Ok((schedules, seed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_how_many_and_which() {
        let numbers =
            |args: &str| numbers(&args.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(numbers("").unwrap(), (1_000_000, 0));
        assert_eq!(numbers("--seed 7 --schedules 20_000").unwrap(), (20_000, 7));
        assert!(numbers("--schedules").is_err());
        assert!(numbers("--fast 1").is_err());
    }
}
