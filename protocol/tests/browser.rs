//! The golden vectors, read by a page's Rust.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "vectors/frames.rs"]
mod frames;
#[path = "vectors/reader.rs"]
mod reader;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_page_reads_and_writes_every_golden_vector() {
    let (rows, failures) = reader::failures(include_str!("../vectors/values.json"));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(rows > 150, "only {rows} rows");
}

#[wasm_bindgen_test]
fn a_page_reads_and_writes_every_golden_frame() {
    let (rows, failures) = frames::failures(include_str!("../vectors/frames.json"));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(rows > 25, "only {rows} rows");
}
