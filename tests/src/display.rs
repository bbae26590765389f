//! The X display that WebKitGTK needs: one Xvfb for the whole test process.

use crate::engine::program;
use crate::error::{Error, Result};
use crate::process::Process;
use std::process::Command;
use std::time::Duration;
use tokio::sync::OnceCell;

const START: Duration = Duration::from_secs(60);

/// The display's name, such as `:99`. Xvfb starts at the first call and ends with the test process
/// (through the guardian, as statics are not dropped).
///
/// # Errors
/// When Xvfb is not installed or doesn't start within 20 s.
pub async fn display() -> Result<String> {
    static XVFB: OnceCell<(Process, String)> = OnceCell::const_new();
    let (_, display) = XVFB.get_or_try_init(start).await?;
    Ok(display.clone())
}

async fn start() -> Result<(Process, String)> {
    let mut command = Command::new(program("Xvfb", "EXCITON_XVFB", &["Xvfb"])?);
    // With -displayfd it takes a free display by itself and prints its number when it is ready.
    command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    // Otherwise it starts over when its last browser has gone, and the next one that comes meanwhile finds no display.
    command.arg("-noreset");
    let xvfb = Process::start("Xvfb", command)?;
    let ready = xvfb.stdout().wait("its display number", START, |lines| lines.first().cloned());
    let number = match ready.await {
        // What it complains about stands in the other output.
        Err(Error::Ended { program, awaited, .. }) => {
            return Err(Error::Ended { program, awaited, printed: xvfb.last_words().await });
        }
        other => other?,
    };
    Ok((xvfb, format!(":{}", number.trim())))
}
