//! A short form of `cargo xtask soak`: everything that can go wrong, for some seconds.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use exciton_e2e::{Soak, seeded};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_run_twice_while_everything_goes_wrong() {
    let soak = Soak {
        program: env!("CARGO_BIN_EXE_soak").into(),
        span: Duration::from_secs(15),
        pages: 6,
        life: Duration::from_secs(4),
        rng: seeded("soak"),
    };
    let report = soak.run().await.unwrap();
    println!("{report}");
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    // It was no idle stroll.
    assert!(report.cuts > 3 && report.restarts > 0 && report.messages > 1_000, "{report:?}");
    assert!(report.calls[0] > 10, "{report:?}");
}
