//! Which port a program took when it was told to take any.

use crate::error::{Error, Result};
use crate::process::Process;
use std::time::Duration;

/// How often to look.
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits until `process` itself listens on a TCP port of 127.0.0.1 and tells which.
///
/// The drivers take a free port when told 0, yet not all print which. The system's own table says it,
/// and leaves no gap in which somebody else could take a port that was free a moment ago.
pub(crate) async fn listening_port(process: &mut Process, limit: Duration) -> Result<u16> {
    let look = async {
        let mut tick = tokio::time::interval(INTERVAL);
        loop {
            tick.tick().await;
            let ended = process.status().is_some();
            if let Some(port) = look(process.id()) {
                return Some(port);
            }
            if ended {
                return None;
            }
        }
    };
    match tokio::time::timeout(limit, look).await {
        Ok(Some(port)) => Ok(port),
        Ok(None) => Err(Error::Ended {
            program: "the driver".to_owned(),
            awaited: "it listened".to_owned(),
            printed: process.last_words().await,
        }),
        Err(_) => Err(Error::Timeout {
            awaited: "listening on a port".to_owned(),
            limit,
            seen: process.printed(),
        }),
    }
}

fn look(process: u32) -> Option<u16> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let target = std::fs::read_link(entry.path()).ok()?;
            let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).ok()?;
    table.lines().skip(1).find_map(|line| listening(line, &sockets))
}

/// The port of a row of `/proc/net/tcp` (see proc_pid_net(5)) that listens on one of `sockets`.
fn listening(line: &str, sockets: &[String]) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace();
    let (_, port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    (state == LISTEN && sockets.iter().any(|socket| socket == inode))
        .then(|| u16::from_str_radix(port, 16).ok())?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_row_counts_if_it_listens_on_a_socket_of_the_process() {
        let row = "  0: 0100007F:8F1F 00000000:0000 0A 00000000:00000000 00:00000000 00000000 \
            0        0 31337 1 0000000000000000 100 0 0 10 0";
        let sockets = ["4711".to_owned(), "31337".to_owned()];
        assert_eq!(listening(row, &sockets), Some(0x8F1F));
        assert_eq!(listening(row, &sockets[..1]), None);
        let connected = row.replace(" 0A ", " 01 ");
        assert_eq!(listening(&connected, &sockets), None);
    }

    #[test]
    fn a_process_that_listens_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // Other tests of this process may listen too, so ask for this very socket.
        let socket = std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
        let inode = socket.to_str().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
        let found = table.lines().find_map(|line| listening(line, std::slice::from_ref(&inode)));
        assert_eq!(found, Some(port));
        assert!(look(std::process::id()).is_some());
    }
}
