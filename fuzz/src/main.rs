//! The engine's program: libFuzzer, at the target that `EXCITON_FUZZ` names.
#![no_main]

use std::sync::OnceLock;

use exciton_fuzz::{Target, named};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<Option<Target>> = OnceLock::new();
    let name = || std::env::var("EXCITON_FUZZ").ok();
    match TARGET.get_or_init(|| named(&name()?)) {
        Some(target) => target(data),
        None => panic!("EXCITON_FUZZ names no target"),
    }
});
