//! Every check and every test, in order: a step that fails doesn't keep the later ones from running.

use crate::job::{Failure, Job, Output, Tests, cargo_bin, job, root, time};
use crate::{bench, demo, fuzz, matrix, package, setup};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What a step came to.
enum Done {
    /// One check, passed.
    Check,
    /// The output of test runners, whose closing lines are counted.
    Tests(Output),
    /// Could not be looked into here, and why. Counts neither way.
    NotChecked(String),
}

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Done, Failure>,
}

const fn step(name: &'static str, about: &'static str, run: fn() -> Result<Done, Failure>) -> Step {
    Step { name, about, run }
}

const STEPS: [Step; 17] = [
    step("setup", "what the tests need is installed", || check(setup::setup(setup::For::Test))),
    step("fmt", "rustfmt", || check(job("cargo fmt --all --check").run())),
    step("clippy", "lints, every crate and target", || {
        check(job("cargo clippy --locked --workspace --all-targets -- -D warnings").run())
    }),
    step("clippy-wasm", "lints of the renderer as the browser gets it", || {
        let renderer = "--package exciton-web --package exciton-web-bundle --package exciton-page";
        check(job(&format!("cargo clippy --locked {renderer} {WASM32} -- -D warnings")).run())
    }),
    step("doc", "documentation without a broken link", || {
        let doc = job("cargo doc --locked --workspace --no-deps");
        check(doc.env("RUSTDOCFLAGS", "-D warnings").run())
    }),
    step("page", "Trunk's bundle of the project's page", || check(demo::build_page())),
    step("native", "units, vectors, property tests, tidy", native),
    step("fuzz", "a minute of fuzzing", || check(fuzz::in_seconds(60))),
    step("chromium", "protocol and renderer as WebAssembly in Chromium", || {
        in_browser("CHROMEDRIVER", crate::setup::find("chromedriver"), "")
    }),
    step("firefox", "the same in Firefox", || {
        in_browser("GECKODRIVER", Some(cargo_bin().join("geckodriver").display().to_string()), "")
    }),
    step("webkit", "the same in WebKit", || {
        in_browser("SAFARIDRIVER", crate::setup::find("WebKitWebDriver"), "xvfb-run -a ")
    }),
    step("e2e", "a real host, three browsers, a faulty network", || {
        let targets = test_targets("tests", |name, _| name != "tidy")?;
        let e2e = job(&format!(
            "cargo test --locked --package exciton-e2e --no-fail-fast --lib {targets}"
        ));
        Ok(Done::Tests(e2e.limit(Duration::from_secs(45 * 60)).run()?))
    }),
    step("bench", "the contenders of `cargo xtask bench` compile", || {
        bench::check().map(Done::Tests)
    }),
    step("matrix", "cargo's ways don't confuse one another", || check(matrix::matrix())),
    step("packaged", "the packed crates build elsewhere, without wasm32", || {
        check(package::build_outside())
    }),
    step("deny", "dependencies: bans, licences, sources", || {
        check(job("cargo deny --locked --workspace check --hide-inclusion-graph bans licenses sources").run())
    }),
    step("advisories", "dependencies: known vulnerabilities", advisories),
];

const WASM32: &str = "--target wasm32-unknown-unknown";

/// Runs the steps that the arguments choose. The last line printed is `N passed, M failed`.
pub fn test(args: &[String]) -> ExitCode {
    let chosen = match choose(args) {
        Ok(Some(chosen)) => chosen,
        Ok(None) => {
            STEPS.iter().for_each(|step| println!("{:12} {}", step.name, step.about));
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let (mut sum, mut rows) = (Tests::default(), Vec::new());
    for (number, step) in chosen.iter().enumerate() {
        println!("\n── {}/{} {}: {}", number + 1, chosen.len(), step.name, step.about);
        let begun = Instant::now();
        let (tests, verdict) = judge((step.run)());
        let row = format!("{:12} {:>14}   {verdict}", step.name, time(begun.elapsed()));
        println!("── {row}");
        rows.push(row);
        sum.passed += tests.passed;
        sum.failed += tests.failed;
        sum.names.extend(tests.names);
    }
    println!("\n{}\n{:12} {:>14}", rows.join("\n"), "all", time(start.elapsed()));
    sum.names.iter().for_each(|name| println!("FAILED {name}"));
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a step adds to the sum, and the word for it in the table.
fn judge(done: Result<Done, Failure>) -> (Tests, String) {
    let one_failed = |tests: Tests| Tests { failed: tests.failed.max(1), ..tests };
    match done {
        Ok(Done::Check) => (Tests { passed: 1, ..Tests::default() }, "ok".into()),
        Ok(Done::NotChecked(why)) => (Tests::default(), format!("not checked: {why}")),
        Ok(Done::Tests(output)) => {
            let tests = output.tests();
            match (tests.passed, tests.failed) {
                (0, 0) => (one_failed(tests), "FAILED: no test ran".into()),
                (passed, 0) => (tests, format!("ok, {passed} tests")),
                (_, failed) => (tests, format!("FAILED, {failed} tests")),
            }
        }
        Err(failure) => (one_failed(failure.output.tests()), format!("FAILED: {failure}")),
    }
}

/// The steps that the flags leave; `None` asks for the list.
fn choose(args: &[String]) -> Result<Option<Vec<&'static Step>>, String> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut args = args.iter();
    while let Some(flag) = args.next() {
        let names = match flag.as_str() {
            "--list" => return Ok(None),
            "--only" => &mut only,
            "--skip" => &mut skip,
            other => {
                return Err(format!("{other}: only --only STEP, --skip STEP and --list are known"));
            }
        };
        match args.next() {
            Some(name) if STEPS.iter().any(|step| step.name == name) => names.push(name.as_str()),
            other => {
                return Err(format!(
                    "{flag} {}: no such step, see --list",
                    other.map_or("", |name| name)
                ));
            }
        }
    }
    let wanted =
        |step: &&Step| (only.is_empty() || only.contains(&step.name)) && !skip.contains(&step.name);
    Ok(Some(STEPS.iter().filter(wanted).collect()))
}

fn check<T>(done: Result<T, Failure>) -> Result<Done, Failure> {
    done.map(|_| Done::Check)
}

/// Runs all, so that one failure doesn't hide another, and joins what they printed.
fn all(jobs: impl IntoIterator<Item = Job>) -> Result<Done, Failure> {
    let (mut joined, mut whys) = (Output::default(), Vec::new());
    for job in jobs {
        let output = job.run().unwrap_or_else(|failure| {
            whys.push(failure.why);
            failure.output
        });
        joined.lines.extend(output.lines);
    }
    match whys.is_empty() {
        true => Ok(Done::Tests(joined)),
        false => Err(Failure { why: whys.join("; "), output: joined }),
    }
}

/// All that needs no browser.
fn native() -> Result<Done, Failure> {
    let sim = "--features exciton-protocol/sim";
    all([
        job(&format!("cargo test --locked --workspace --exclude exciton-e2e --no-fail-fast {sim}")),
        job("cargo test --locked --package exciton-e2e --test tidy"),
    ])
}

/// The browser tests of protocol and renderer, by the driver that the variable names to the test runner.
fn in_browser(variable: &str, driver: Option<String>, before: &str) -> Result<Done, Failure> {
    let driver =
        driver.ok_or(format!("no driver for {variable}; cargo xtask doctor tells more"))?;
    let protocol = test_targets("protocol", |_, text| text.contains("wasm_bindgen_test"));
    let tests = protocol.as_ref().map(|targets| format!("--package exciton-protocol {targets}"));
    let tests = tests.into_iter().chain(["--package exciton-web --lib --tests".to_owned()]);
    let done = all(tests.map(|tests| {
        let mut job = job(&format!("{before}cargo test --locked {WASM32} --no-fail-fast {tests}"))
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
            .limit(Duration::from_secs(15 * 60));
        for other in ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER"] {
            job = job.unset(other);
        }
        job.env(variable, &driver)
    }));
    match (protocol, done) {
        (Err(none), Ok(Done::Tests(output))) => Err(Failure { output, ..none }),
        (_, done) => done,
    }
}

/// A crate's test targets that are wanted by name and text, as cargo's flags.
fn test_targets(dir: &str, wanted: impl Fn(&str, &str) -> bool) -> Result<String, Failure> {
    let entries = std::fs::read_dir(root().join(dir).join("tests")).into_iter().flatten().flatten();
    let flags = entries.filter_map(|entry| {
        let main = if entry.path().is_dir() { entry.path().join("main.rs") } else { entry.path() };
        let text = std::fs::read_to_string(main).ok()?;
        let name = entry.path().file_stem()?.to_str()?.to_owned();
        wanted(&name, &text).then(|| format!("--test {name}"))
    });
    let mut flags: Vec<String> = flags.collect();
    flags.sort();
    match flags.is_empty() {
        true => Err(format!("{dir}/tests holds no test for this step").into()),
        false => Ok(flags.join(" ")),
    }
}

/// Where the database can't be reached, that is said and doesn't fail.
fn advisories() -> Result<Done, Failure> {
    let fetch = job("cargo deny --locked --workspace fetch db").limit(Duration::from_secs(20));
    match fetch.quietly("fetching the advisory database, 20 seconds at most").run() {
        Err(_) => Ok(Done::NotChecked("the advisory database couldn't be reached".into())),
        Ok(_) => check(job("cargo deny --locked --workspace check advisories").run()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Output {
        Output { lines: text.lines().map(str::to_owned).collect() }
    }

    #[test]
    fn a_step_counts_its_tests_and_a_failed_one_counts_at_least_once() {
        let count = |done| {
            let (tests, verdict) = judge(done);
            (tests.passed, tests.failed, verdict)
        };
        assert_eq!(count(Ok(Done::Check)), (1, 0, "ok".into()));
        let tests = printed("test result: ok. 5 passed; 0 failed; 0 ignored");
        assert_eq!(count(Ok(Done::Tests(tests))), (5, 0, "ok, 5 tests".into()));
        assert_eq!(
            count(Err("did not compile".to_owned().into())),
            (0, 1, "FAILED: did not compile".into())
        );
        let output = printed("test result: FAILED. 5 passed; 2 failed; 0 ignored");
        assert_eq!(count(Err(Failure { why: "101".into(), output })), (5, 2, "FAILED: 101".into()));
        assert_eq!(count(Ok(Done::NotChecked("away".into()))), (0, 0, "not checked: away".into()));
    }

    #[test]
    fn a_test_step_that_ran_nothing_has_failed() {
        let (tests, verdict) = judge(Ok(Done::Tests(Output::default())));
        assert_eq!((tests.failed, verdict.as_str()), (1, "FAILED: no test ran"));
    }

    #[test]
    fn flags_choose_the_steps_in_their_own_order() {
        let names = |args: &str| {
            let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
            choose(&args)
                .map(|steps| steps.unwrap().iter().map(|step| step.name).collect::<Vec<_>>())
        };
        assert_eq!(names("--only doc --only fmt").unwrap(), ["fmt", "doc"]);
        assert_eq!(names("--skip setup").unwrap().len(), STEPS.len() - 1);
        assert!(names("--only nonsense").is_err());
        assert!(names("--fast").is_err());
    }
}
