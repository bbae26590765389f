//! Attacks on a real host, by name: from a client that writes any bytes, and from hostile pages in real browsers.
//!
//! Each attempt has exactly one wrong thing in it. It is refused with the right status, reaches no listener, begins no
//! link and changes nothing; and with that one thing put right it succeeds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod addresses;
mod attempt;
mod client;
mod compressed;
mod files;
mod logged;
mod pages;
mod rebound;
mod request;
mod secrets;
mod shapes;
mod smuggled;
mod sockets;
mod target;

use attempt::Row;
use std::collections::BTreeSet;

/// The tables of a client that writes any bytes.
const TABLES: &[&[Row]] = &[
    addresses::HOSTS,
    addresses::ORIGINS,
    addresses::SITES,
    secrets::COOKIES,
    secrets::TICKETS,
    shapes::METHODS,
    shapes::SYNCS,
    shapes::PARSERS,
    shapes::HANDSHAKES,
    files::PATHS,
];

#[test]
fn each_attempt_has_a_name_of_its_own() {
    for table in TABLES {
        let names: Vec<String> = table.iter().flat_map(Row::names).collect();
        let different: BTreeSet<&String> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "{names:?}");
    }
    let rows = TABLES.iter().flat_map(|table| table.iter()).flat_map(Row::names);
    let all = rows.chain(sockets::names()).chain(compressed::names()).chain(pages::names()).count();
    assert!(all >= 60, "{all} attempts");
    println!("{all} attempts");
}
