//! `cargo xtask`: every chore of the project, in one small program.

mod bench;
mod demo;
mod desktop;
mod fuzz;
mod job;
mod load;
mod matrix;
mod package;
mod setup;
mod sim;
mod soak;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <chore>

  demo [--no-open] [args]   sets up, builds and runs the project's page; args go to the page's program
  test                      sets up, then every check and test; the last line counts them
       [--only STEP]...     just these steps     [--skip STEP]...   all but these     [--list]   their names
  sim [--schedules N] [--seed S]
                            random schedules for the link: cuts, restarts, floods; the last line counts the failures
  fuzz [--minutes M] [--target T]
                            looks for inputs that break the protocol; --keep commits what it learned to fuzz/corpus,
                            --planted tries the fuzzer itself at a bug on purpose
  setup                     installs what demo and test need
  doctor                    what is missing on this machine, and how to get it
  load [--idle N] [--busy M] [--seconds S]
                            many native pages on one host: memory per link, latency, what is lost
  soak [--minutes M] [--pages N]
                            many native pages, a host that is killed again and again, a network that never rests; the
                            last line counts the failures
  bench [--rounds N] [--browser chromium|firefox|webkit] [--json FILE]
                            Exciton beside raw sockets, Socket.IO and JSON-RPC in one browser; on a quiet machine
       [--plots DIR] [--contenders A,B] [--scale SHARE] [--idle N]
       [--tauri]            all of it in Tauri's own webview instead, with Tauri; installs a desktop's libraries
  bench --cpu|--saturate [--rounds N] [--millis M] [--pages A,B] [--json FILE]
                            native clients: the host's CPU time by pages and by channels, or how much it takes
  bench --micro [--bench time|instructions]
                            codec, link and dispatch by themselves; the instructions are counted by valgrind
  package                   packs the crates that are published into target/package";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let chore = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let done = match (chore.as_str(), rest.is_empty()) {
        ("demo", _) => demo::demo(rest),
        ("test", _) => return test::test(&rest),
        ("fuzz", _) => fuzz::fuzz(&rest),
        ("sim", _) => sim::sim(&rest),
        ("setup", true) => setup::setup(setup::For::Test),
        ("doctor", true) => return setup::doctor(),
        ("load", _) => load::load(rest),
        ("soak", _) => soak::soak(rest),
        ("bench", _) => bench::bench(rest),
        ("package", true) => package::package().map(|_| ()),
        ("help" | "--help" | "-h", _) => {
            println!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{chore}: {failure}");
            ExitCode::FAILURE
        }
    }
}
