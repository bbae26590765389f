//! Fuzzing, guided by coverage: libFuzzer without a sanitizer, which stable Rust can build.

use crate::job::{Failure, Output, job, root};
use std::path::PathBuf;
use std::time::Duration;

/// What is fuzzed, as `fuzz/src/lib.rs` names it.
const TARGETS: [&str; 7] = ["frame", "packet", "value", "sync", "peer", "link", "http"];

/// Counters at every edge, and the operands of comparisons, as libFuzzer reads them. Both flags are stable.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// `cargo xtask fuzz`.
pub fn fuzz(args: &[String]) -> Result<(), Failure> {
    let Wish { seconds, only, planted, keep } = wish(args)?;
    let program = build()?;
    if planted {
        return find_planted(&program, seconds);
    }
    let chosen: Vec<&str> =
        TARGETS.into_iter().filter(|name| only.as_ref().is_none_or(|only| only == name)).collect();
    each(&program, &chosen, seconds)?;
    if keep {
        chosen.into_iter().try_for_each(|name| minimize(&program, name))?;
    }
    Ok(())
}

/// All targets in this time, with what is kept of earlier runs on this machine.
pub fn in_seconds(seconds: u64) -> Result<(), Failure> {
    each(&build()?, &TARGETS, seconds)
}

fn each(program: &str, chosen: &[&str], seconds: u64) -> Result<(), Failure> {
    let share = (seconds / chosen.len().max(1) as u64).max(1);
    let failed: Vec<String> = chosen
        .iter()
        .filter_map(|name| run(program, name, share).err())
        .map(|failure| failure.why)
        .collect();
    println!("{} targets, {} failures", chosen.len(), failed.len());
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ").into()) }
}

fn build() -> Result<String, Failure> {
    let host = job("rustc -vV").silently().run()?;
    let triple = host.lines.iter().find_map(|line| line.strip_prefix("host: "));
    let triple = triple.ok_or("rustc doesn't say which machine this is".to_owned())?.to_owned();
    // With a target named, build scripts and macros stay without counters.
    let build = "cargo build --locked --quiet --profile fuzz --target-dir target/fuzz --package exciton-fuzz --features engine";
    job(&format!("{build} --target {triple}"))
        .env("RUSTFLAGS", COVERAGE)
        .quietly("building the fuzzer, two minutes the first time")
        .run()?;
    Ok(root().join("target/fuzz").join(triple).join("fuzz/exciton-fuzz").display().to_string())
}

fn run(program: &str, name: &str, seconds: u64) -> Result<(), Failure> {
    let (found, artifact) = (folder("corpus", name)?, folder("found", name)?);
    // What is new goes to the first folder.
    let output = fuzzer(program, name)
        .arg(found)
        .arg(root().join("fuzz/corpus").join(name))
        .arg(format!("-artifact_prefix={}/", artifact.display()))
        .arg(format!("-max_total_time={seconds}"))
        .limit(Duration::from_secs(2 * seconds + 120))
        .quietly(format!("{name}, {seconds} seconds"))
        .run()?;
    println!(
        "    {} inputs, {} edges",
        number(&output, "stat::number_of_executed_units:"),
        edges(&output)
    );
    Ok(())
}

fn fuzzer(program: &str, name: &str) -> crate::job::Job {
    job(program)
        .env("EXCITON_FUZZ", name)
        .arg("-max_len=2048")
        .arg("-timeout=10")
        .arg("-rss_limit_mb=1024")
        .arg("-print_final_stats=1")
}

/// A folder of what only this machine has.
fn folder(what: &str, name: &str) -> Result<PathBuf, Failure> {
    let path = root().join("target/fuzz").join(what).join(name);
    std::fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// The fuzzer itself is tried: it must find a bug that was put there.
fn find_planted(program: &str, seconds: u64) -> Result<(), Failure> {
    let artifact = folder("found", "planted")?;
    // From nothing: no input helps.
    let done = fuzzer(program, "planted")
        .arg(format!("-artifact_prefix={}/", artifact.display()))
        .arg(format!("-max_total_time={seconds}"))
        .limit(Duration::from_secs(2 * seconds + 120))
        .silently()
        .run();
    match done {
        Err(failure)
            if failure.output.lines.iter().any(|line| line.contains("the planted bug")) =>
        {
            println!("the planted bug is found");
            Ok(())
        }
        Err(failure) => Err(failure),
        Ok(_) => Err(format!("the planted bug was not found in {seconds} seconds").into()),
    }
}

/// The fewest inputs that reach as much take the place of the committed ones.
fn minimize(program: &str, name: &str) -> Result<(), Failure> {
    let kept = root().join("fuzz/corpus").join(name);
    let fresh = folder("merged", name)?;
    fuzzer(program, name)
        .arg("-merge=1")
        .arg(&fresh)
        .arg(&kept)
        .arg(folder("corpus", name)?)
        .quietly(format!("{name}: keeping the fewest inputs that reach as much"))
        .run()?;
    let replace = || -> std::io::Result<()> {
        std::fs::remove_dir_all(&kept)?;
        std::fs::rename(&fresh, &kept)
    };
    replace().map_err(|e| format!("{}: {e}", kept.display()).into())
}

fn number(output: &Output, name: &str) -> String {
    let line = output.lines.iter().rev().find_map(|line| line.strip_prefix(name));
    line.unwrap_or("?").trim().to_owned()
}

fn edges(output: &Output) -> String {
    let line = output.lines.iter().rev().find_map(|line| line.split("cov: ").nth(1));
    line.and_then(|rest| rest.split(' ').next()).unwrap_or("?").to_owned()
}

#[derive(Debug, PartialEq)]
struct Wish {
    seconds: u64,
    only: Option<String>,
    planted: bool,
    keep: bool,
}

fn wish(args: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { seconds: 600, only: None, planted: false, keep: false };
    let mut args = args.iter();
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--planted" => wish.planted = true,
            "--keep" => wish.keep = true,
            "--minutes" => {
                let minutes: Option<u64> = args.next().and_then(|text| text.parse().ok());
                wish.seconds = 60 * minutes.ok_or("--minutes takes a number")?;
            }
            "--target" => {
                let name = args.next().filter(|name| TARGETS.contains(&name.as_str()));
                let known = || format!("--target takes one of {}", TARGETS.join(", "));
                wish.only = Some(name.ok_or_else(known)?.clone());
            }
            other => {
                return Err(format!(
                    "{other}: only --minutes, --target, --keep and --planted are known"
                ));
            }
        }
    }
    Ok(wish)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn wished(args: &str) -> Result<Wish, String> {
        wish(&args.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_name_how_long_and_what() {
        let wish = wished("--minutes 3 --target value --keep").unwrap();
        assert_eq!((wish.seconds, wish.only.as_deref(), wish.keep), (180, Some("value"), true));
        assert!(wished("--target nonsense").is_err());
        assert!(wished("--minutes").is_err());
    }

    #[test]
    fn the_targets_are_those_of_the_fuzzers_own_list() {
        let list = std::fs::read_to_string(root().join("fuzz/src/lib.rs")).unwrap();
        let rows = list.lines().filter(|line| line.trim_start().starts_with("(\""));
        let names: Vec<&str> = rows.filter_map(|row| row.split('"').nth(1)).collect();
        assert_eq!(names, TARGETS);
    }
}
