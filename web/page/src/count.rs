//! Primes are counted: in the main process, with its progress, or here, with the page standing still.

use std::cell::Cell;
use std::rc::Rc;

use exciton_web::{IpcRendererEvent, ipc_renderer};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use web_sys::{HtmlButtonElement, HtmlElement, HtmlProgressElement};

use crate::sieve::Sieve;
use crate::stage::{ALLOWED, Stage};
use crate::{Trouble, dom};

/// The number of primes below 2^24, 2^25, …: A007053 of the On-Line Encyclopedia of Integer Sequences.
const KNOWN: [u64; 13] = [
    1_077_871,
    2_063_689,
    3_957_809,
    7_603_553,
    14_630_843,
    28_192_750,
    54_400_028,
    105_097_565,
    203_280_221,
    393_615_806,
    762_939_111,
    1_480_206_279,
    2_874_398_515,
];
const LEAST: u32 = 24;

/// The longest that a count should take, in seconds: the next smaller one takes half of it.
const PATIENCE: f64 = 5.6;

#[derive(Deserialize)]
struct Counted {
    primes: u64,
    milliseconds: f64,
}

struct Counter {
    stage: Rc<Stage>,
    progress: HtmlProgressElement,
    found: HtmlElement,
    buttons: [HtmlButtonElement; 2],
    /// The last count's number: what is said of another is old.
    job: Cell<u32>,
    /// The exponent of the count, once it is known how fast the main process is.
    power: Cell<Option<u32>>,
}

/// Which of the two ends counts.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Main,
    Page,
}

/// Makes the buttons work.
pub fn prepare(stage: &Rc<Stage>) -> Result<(), JsValue> {
    let counter = Rc::new(Counter {
        stage: stage.clone(),
        progress: dom::element("progress")?,
        found: dom::element("found")?,
        buttons: [dom::element("count")?, dom::element("count-here")?],
        job: Cell::default(),
        power: Cell::default(),
    });
    let heard = counter.clone();
    ipc_renderer().on(
        "primes-progress",
        move |_event: IpcRendererEvent, job: u32, done: f64, primes: u64| {
            if job == heard.job.get() {
                heard.stage.message();
                heard.show(done, primes);
            }
        },
    );
    for (button, place) in counter.buttons.iter().zip([Place::Main, Place::Page]) {
        let pushed = counter.clone();
        dom::on_event(button.as_ref(), "click", move || {
            let counter = pushed.clone();
            wasm_bindgen_futures::spawn_local(async move { counter.run(place).await });
        })?;
        button.set_disabled(false);
    }
    Ok(())
}

impl Counter {
    async fn run(&self, place: Place) {
        self.buttons.iter().for_each(|button| button.set_disabled(true));
        let (id, prefix) = match place {
            Place::Main => ("count-result", "count"),
            Place::Page => ("count-here-result", "countHere"),
        };
        let shown = match self.count(place, id, prefix).await {
            Ok(()) => Ok(()),
            Err(trouble) => dom::tell(prefix, "failed")
                .and_then(|()| dom::set_parts(id, &[("span", "wrong", &trouble.to_string())])),
        };
        if let Err(error) = shown {
            dom::report(&format!("{error:?}"));
        }
        self.buttons.iter().for_each(|button| button.set_disabled(false));
    }

    async fn count(&self, place: Place, id: &str, prefix: &str) -> Result<(), Trouble> {
        dom::tell(prefix, "running")?;
        dom::set_text(id, "counting …")?;
        let power = self.power().await?;
        self.show(0.0, 0);
        // Until it is seen that it has begun.
        dom::next_frame().await?;
        dom::next_frame().await?;
        self.stage.gaps.begin();
        let counted = match place {
            Place::Main => self.count_there(power).await?,
            Place::Page => count_here(power),
        };
        // The frame that ends the last gap.
        dom::next_frame().await?;
        dom::next_frame().await?;
        let gap = self.stage.gaps.end();
        self.show(1.0, counted.primes);

        let right = known(power) == Some(counted.primes);
        dom::tell(&format!("{prefix}Primes"), &counted.primes.to_string())?;
        dom::tell(&format!("{prefix}Below"), &(1_u64 << power).to_string())?;
        dom::tell(&format!("{prefix}Milliseconds"), &format!("{:.0}", counted.milliseconds))?;
        let longest = if place == Place::Main { "longestGap" } else { "longestGapHere" };
        dom::tell(longest, &format!("{gap:.1}"))?;
        dom::tell(prefix, if right { "right" } else { "wrong" })?;

        let class = |fine: bool| if fine { "ok" } else { "wrong" };
        let primes = format!("{} primes", grouped(counted.primes));
        let took = format!(" below 2{} in {:.1} s, ", raised(power), counted.milliseconds / 1000.0);
        let checked =
            if right { "as the literature says ✓" } else { "but the literature says otherwise" };
        let longest = format!("{} ms", grouped(gap.round() as u64));
        dom::set_parts(
            id,
            &[
                ("strong", "", &primes),
                ("span", "", &took),
                ("span", class(right), checked),
                ("br", "", ""),
                ("span", "", "longest gap between two frames: "),
                ("strong", class(gap <= ALLOWED), &longest),
            ],
        )?;
        Ok(())
    }

    async fn count_there(&self, power: u32) -> Result<Counted, Trouble> {
        let job = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        self.job.set(job);
        Ok(ipc_renderer().invoke("count-primes", (1_u64 << power, job)).await?)
    }

    /// As much as takes some seconds there.
    async fn power(&self) -> Result<u32, Trouble> {
        if let Some(power) = self.power.get() {
            return Ok(power);
        }
        let speed: f64 = ipc_renderer().invoke("sieve-speed", ()).await?;
        let power = fitting(speed);
        self.power.set(Some(power));
        Ok(power)
    }

    fn show(&self, done: f64, primes: u64) {
        self.progress.set_value(done);
        let text = format!("{:.0} % · {} primes", done * 100.0, grouped(primes));
        self.found.set_text_content(Some(&text));
    }
}

/// The same code on the page's only thread.
fn count_here(power: u32) -> Counted {
    let start = dom::now();
    let mut sieve = Sieve::new(0, 1 << power);
    while sieve.step() {}
    Counted { primes: sieve.count(), milliseconds: dom::now() - start }
}

/// The greatest exponent whose count ends in time, at so many numbers a second.
fn fitting(speed: f64) -> u32 {
    let greatest = LEAST + KNOWN.len() as u32 - 1;
    let in_time = |power: &u32| (1_u64 << power) as f64 <= speed * PATIENCE;
    (LEAST..=greatest).rev().find(in_time).unwrap_or(LEAST)
}

fn known(power: u32) -> Option<u64> {
    KNOWN.get(power.checked_sub(LEAST)? as usize).copied()
}

/// 1,234,567
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As an exponent is written.
fn raised(number: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |digit: char| digit.to_digit(10).and_then(|digit| DIGITS.get(digit as usize));
    number.to_string().chars().filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(raised(32), "³²");
    }

    #[test]
    fn a_count_takes_some_seconds_on_any_machine() {
        for speed in [1e7, 1e8, 1.5e9, 5e9] {
            let seconds = (1_u64 << fitting(speed)) as f64 / speed;
            assert!((2.8..=5.6).contains(&seconds), "{speed}: {seconds}");
        }
        assert_eq!([fitting(1.0), fitting(1e30)], [24, 36]);
    }

    #[test]
    fn the_known_counts_are_those_of_the_sieve() {
        let mut sieve = Sieve::new(0, 1 << LEAST);
        while sieve.step() {}
        assert_eq!(known(LEAST), Some(sieve.count()));
        assert_eq!([known(23), known(32), known(37)], [None, Some(203_280_221), None]);
    }
}
