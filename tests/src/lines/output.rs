//! A program's output, read when it comes or when somebody looks, whichever is first.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionread, read};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

/// The reading end of a pipe.
#[derive(Debug)]
pub(super) struct Output {
    pipe: OwnedFd,
    /// What has come of the line that is not complete yet. Who reads holds it, so that lines keep their order.
    begun: Mutex<Vec<u8>>,
}

impl Output {
    pub(super) fn new(pipe: OwnedFd) -> Self {
        Output { pipe, begun: Mutex::default() }
    }

    /// Waits until there is something to take. False when nothing can come any more.
    pub(super) fn wait(&self) -> bool {
        let mut pipe = [PollFd::new(&self.pipe, PollFlags::IN)];
        match poll(&mut pipe, None) {
            Err(Errno::INTR) => true,
            // A pipe that all writers have closed is hung up; it is at its end when there is nothing to read either.
            Ok(_) => pipe[0].revents().contains(PollFlags::IN),
            Err(_) => false,
        }
    }

    /// Hands over all complete lines that are in the pipe now, without waiting for more; at the end, what stands behind
    /// the last line break too. Who takes others comes after `to`.
    pub(super) fn take(&self, at_end: bool, to: impl FnOnce(Vec<String>)) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        // A pipe holds far less than the memory does.
        let there = ioctl_fionread(&self.pipe).unwrap_or_default() as usize;
        if there > 0 {
            let before = begun.len();
            begun.resize(before + there, 0);
            let got = read(&self.pipe, &mut begun[before..]).unwrap_or_default();
            begun.truncate(before + got);
        }
        let text = std::mem::take(&mut *begun);
        let mut lines = Vec::new();
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            if at_end || piece.ends_with(b"\n") {
                let line = String::from_utf8_lossy(piece);
                lines.push(line.trim_end_matches(['\r', '\n']).to_owned());
            } else {
                *begun = piece.to_vec();
            }
        }
        to(lines);
    }
}
