//! The rules of the house, read from the files themselves.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod manifest;
mod planted;
mod rules;
mod source;
mod supply;

use source::{Source, repository, root};

const CODE: [&str; 3] = ["rs", "js", "mjs"];

/// Every file that the choice takes follows the rule, and there is one.
#[track_caller]
fn hold(rule: fn(&Source) -> Vec<String>, choice: impl Fn(&Source) -> bool) {
    let chosen: Vec<Source> = repository().into_iter().filter(choice).collect();
    assert!(!chosen.is_empty(), "the rule concerns no file");
    none(chosen.iter().flat_map(rule).collect());
}

#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn rust_in(dir: &'static str) -> impl Fn(&Source) -> bool {
    move |source| source.path.starts_with(dir) && source.is(&["rs"])
}

#[test]
fn protocol_uses_none_of_our_crates_and_host_and_web_only_protocol() {
    none(manifest::members().iter().flat_map(manifest::wrong_way).collect());
    for dir in ["protocol/src/", "host/src/", "web/src/"] {
        hold(rules::knows_too_much, rust_in(dir));
    }
}

#[test]
fn the_web_library_exports_nothing_and_starts_nothing() {
    hold(rules::exports_to_javascript, rust_in("web/src/"));
}

#[test]
fn third_party_crates_are_those_that_the_architecture_lists() {
    let architecture =
        std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    none(manifest::unlisted(&manifest::members(), &architecture));
}

#[test]
fn every_crate_has_a_licence_and_a_description() {
    none(manifest::members().iter().flat_map(manifest::unlabelled).collect());
}

#[test]
fn packages_come_from_the_public_registry() {
    for workspace in manifest::WORKSPACES {
        let path = format!("{workspace}Cargo.lock");
        let lock = std::fs::read_to_string(root().join(&path)).expect(&path);
        none(manifest::other_registries(&path, &lock));
    }
    hold(
        |source| manifest::other_registries(&source.path, &source.text),
        |source| source.is(&["toml"]),
    );
}

#[test]
fn no_file_is_longer_than_500_lines_before_its_tests() {
    hold(rules::too_long, |source| source.is(&CODE));
}

#[test]
fn no_test_is_ignored_and_none_sleeps() {
    hold(rules::lazy_tests, |source| source.is(&["rs"]));
}

#[test]
fn nothing_of_one_machine_a_tracker_or_a_plan_is_left_in_the_sources() {
    hold(rules::leftovers, |_| true);
}

#[test]
fn the_protocol_does_no_io() {
    hold(rules::does_io, rust_in("protocol/src/"));
}

#[test]
fn every_limit_is_documented() {
    const PLACES: [&str; 2] = ["protocol/src/limits.rs", "host/src/door_limits.rs"];
    hold(rules::undocumented_limits, |source| PLACES.contains(&source.path.as_str()));
}

#[test]
fn what_a_page_may_do_is_the_same_in_every_build() {
    // What they tell of the program itself.
    const TELLING: [&str; 2] = ["host/src/app/information.rs", "host/src/demo/about.rs"];
    hold(rules::depends_on_the_build, |source| {
        let is_ours = rust_in("host/src/")(source) || rust_in("protocol/src/")(source);
        is_ours && !TELLING.contains(&source.path.as_str())
    });
}

#[test]
fn what_runs_in_every_page_works_on_plain_http_too() {
    const PLACES: [&str; 3] = ["web/src/", "web/bundle/", "host/src/server/"];
    hold(rules::needs_a_secure_context, |source| {
        source.is(&CODE) && PLACES.iter().any(|place| source.path.starts_with(place))
    });
}

#[test]
fn no_build_script_fetches() {
    hold(supply::fetches, supply::is_build_script);
    for member in manifest::members() {
        assert!(
            !member.text.contains("build-dependencies"),
            "{} has build scripts' crates",
            member.dir
        );
    }
}

#[test]
fn the_tree_of_the_shipped_crate_is_as_large_as_the_architecture_says() {
    let architecture =
        std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let stated = supply::stated(&architecture).expect("a count of crates");
    assert_eq!(supply::tree(), stated, "directly and in all; ARCHITECTURE.md says the latter");
}
