//! The golden vectors, read natively. A page's Rust and JavaScript read the same file.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "vectors/frames.rs"]
mod frames;
#[path = "vectors/reader.rs"]
mod reader;

#[test]
fn rust_reads_and_writes_every_golden_vector() {
    let (rows, failures) = reader::failures(include_str!("../vectors/values.json"));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(rows > 150, "only {rows} rows");
}

#[test]
fn rust_reads_and_writes_every_golden_frame() {
    let (rows, failures) = frames::failures(include_str!("../vectors/frames.json"));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(rows > 25, "only {rows} rows");
}
