//! Everything that can go wrong, for some minutes. Run by `cargo xtask soak`; the last line counts the failures.

use std::process::ExitCode;
use std::time::Duration;

use exciton_e2e::{Soak, seeded};

#[tokio::main]
async fn main() -> exciton::Result<ExitCode> {
    if Soak::is_host() {
        Soak::host().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let (mut minutes, mut pages) = (5.0, 24);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a number"))?;
        match name.as_str() {
            "--minutes" => minutes = value.parse()?,
            "--pages" => pages = value.parse()?,
            _ => return Err(format!("there is no option {name}").into()),
        }
    }
    let soak = Soak {
        program: std::env::current_exe()?,
        span: Duration::try_from_secs_f64(60.0 * minutes).map_err(|error| error.to_string())?,
        pages,
        life: Duration::from_secs(25),
        rng: seeded("soak"),
    };
    let report = soak.run().await?;
    for failure in report.failures.iter().take(SHOWN) {
        eprintln!("{failure}");
    }
    let [answered, may_have_run, not_run] = report.calls;
    println!(
        "{pages} pages, {} links; calls: {answered} answered, {may_have_run} may have run, {not_run} have not run",
        report.links
    );
    println!("{report}");
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Failures that are shown; one has many after it.
const SHOWN: usize = 40;
