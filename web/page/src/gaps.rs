//! The time between one frame of the page and the next: what a visitor feels as smooth or stuck.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// The page's last frames, and the longest gap of a stretch of time.
#[derive(Default)]
pub struct Gaps {
    last: Cell<Option<f64>>,
    recent: RefCell<VecDeque<f64>>,
    longest: Cell<Option<f64>>,
}

impl Gaps {
    /// A frame at this time, in milliseconds.
    pub fn frame(&self, now: f64) {
        let Some(gap) = self.last.replace(Some(now)).map(|last| now - last) else { return };
        let mut recent = self.recent.borrow_mut();
        if recent.len() == KEPT {
            recent.pop_front();
        }
        recent.push_back(gap);
        if let Some(longest) = self.longest.get() {
            self.longest.set(Some(longest.max(gap)));
        }
    }

    /// Frames come when they are seen: what was hidden has no gap.
    pub fn pause(&self) {
        self.last.set(None);
    }

    /// From the next frame on the longest gap counts.
    pub fn begin(&self) {
        self.longest.set(Some(0.0));
    }

    /// The longest gap since [`begin`](Self::begin), in milliseconds.
    pub fn end(&self) -> f64 {
        self.longest.take().unwrap_or_default()
    }

    /// The last gaps, the latest last.
    pub fn each(&self, mut call: impl FnMut(usize, f64)) {
        for (age, gap) in self.recent.borrow().iter().rev().enumerate() {
            call(age, *gap);
        }
    }
}

const KEPT: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_is_that_of_the_stretch() {
        let gaps = Gaps::default();
        [0.0, 100.0].iter().for_each(|at| gaps.frame(*at));
        gaps.begin();
        [116.0, 150.0, 160.0].iter().for_each(|at| gaps.frame(*at));
        assert_eq!(gaps.end(), 34.0);
        gaps.frame(400.0);
        assert_eq!(gaps.end(), 0.0);
    }

    #[test]
    fn a_pause_is_no_gap() {
        let gaps = Gaps::default();
        gaps.begin();
        [0.0, 16.0].iter().for_each(|at| gaps.frame(*at));
        gaps.pause();
        [9000.0, 9016.0].iter().for_each(|at| gaps.frame(*at));
        assert_eq!(gaps.end(), 16.0);
    }

    #[test]
    fn the_latest_gaps_are_kept() {
        let gaps = Gaps::default();
        for at in 0..2000 {
            gaps.frame(f64::from(at * at));
        }
        let mut seen = Vec::new();
        gaps.each(|_, gap| seen.push(gap));
        assert_eq!((seen.len(), seen[0]), (KEPT, 1999.0 + 1998.0));
    }
}
