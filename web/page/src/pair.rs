//! An electron and a hole that circle each other: where they are at a time, and what flies between them.

use std::f64::consts::TAU;

/// A point of the stage, in CSS pixels.
pub type Point = (f64, f64);

/// Where the two are: the electron, which is the page, and the hole, which is the main process.
pub fn places(seconds: f64, width: f64, height: f64) -> (Point, Point) {
    let reach = ((height * 0.9).min(width / 2.0 - 24.0), height * 0.3);
    let room = (width / 2.0 - reach.0 - 24.0).max(0.0);
    let centre = (width / 2.0 + room * (seconds * TAU / 23.0).sin(), height / 2.0);
    let (sine, cosine) = (seconds * TAU / 4.0).sin_cos();
    let offset = (reach.0 * cosine - 6.0 * sine, reach.1 * sine + height * 0.08 * cosine);
    let at = |sign: f64| (centre.0 + sign * offset.0, centre.1 + sign * offset.1);
    (at(1.0), at(-1.0))
}

/// A part of the way from one point to another.
pub fn between(from: Point, to: Point, part: f64) -> Point {
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_stay_on_the_stage() {
        for (width, height) in [(260.0, 160.0), (320.0, 160.0), (1000.0, 160.0)] {
            for tenth in 0..2300 {
                let (electron, hole) = places(f64::from(tenth) / 10.0, width, height);
                for (x, y) in [electron, hole] {
                    assert!(
                        (8.0..width - 8.0).contains(&x) && (8.0..height - 8.0).contains(&y),
                        "{x} {y}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_message_goes_from_one_to_the_other() {
        assert_eq!(between((0.0, 10.0), (8.0, 20.0), 0.0), (0.0, 10.0));
        assert_eq!(between((0.0, 10.0), (8.0, 20.0), 0.5), (4.0, 15.0));
    }
}
