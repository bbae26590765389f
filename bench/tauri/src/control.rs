//! Where the bench says which page to show: an address on a line, answered by a line, `loaded` or what went wrong.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tauri::{Url, WebviewWindow};

use crate::Outcome;

/// For a page to load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says where it listens, and does so until the program ends.
pub fn listen(window: WebviewWindow, loads: Receiver<Url>) -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("Listening on http://{}/", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if let Err(error) =
                stream.map_err(Into::into).and_then(|stream| serve(stream, &window, &loads))
            {
                eprintln!("an order was lost: {error}");
            }
        }
    });
    Ok(())
}

fn serve(mut stream: TcpStream, window: &WebviewWindow, loads: &Receiver<Url>) -> Outcome<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    match show(line.trim(), window, loads) {
        Ok(()) => writeln!(stream, "loaded")?,
        Err(error) => writeln!(stream, "{line:?}: {error}")?,
    }
    Ok(())
}

fn show(address: &str, window: &WebviewWindow, loads: &Receiver<Url>) -> Outcome<()> {
    let url = Url::parse(address)?;
    // What an earlier page did is over.
    while loads.try_recv().is_ok() {}
    window.navigate(url.clone())?;
    let end = Instant::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let loaded =
            loads.recv_timeout(left).map_err(|_| format!("not loaded within {PATIENCE:?}"))?;
        if loaded == url {
            return Ok(());
        }
    }
}
