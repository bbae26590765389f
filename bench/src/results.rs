//! The figures of all rounds, and what becomes of them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Outcome;
use crate::contender::Contender;
use crate::desk::Report;
use crate::measure::{self, MEASURES, Measure};
use crate::options::Options;

/// What the rounds brought.
pub struct Results {
    /// Who was measured, in the order of the tables.
    pub contenders: Vec<Contender>,
    /// Messages that never came, over all rounds.
    pub lost: BTreeMap<(Contender, String), u64>,
    /// How often a measure brought no figure, and why the last time.
    pub failed: BTreeMap<(Contender, String), (u64, String)>,
    /// Pages without the browser's finer clock.
    pub coarse: u64,
    rounds: BTreeMap<(Contender, &'static str), Vec<f64>>,
}

/// One line of the result.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub struct Row {
    /// The contender's name.
    pub contender: &'static str,
    /// The measure's name.
    pub measure: &'static str,
    /// The unit of the numbers.
    pub unit: &'static str,
    /// Over the rounds.
    pub median: f64,
    /// Of the rounds.
    pub min: f64,
    /// Of the rounds.
    pub max: f64,
    /// The median by the median of `raw`; absent if that has none.
    pub ratio_to_raw: Option<f64>,
}

impl Results {
    /// Nothing yet.
    pub fn new(options: &Options) -> Results {
        Results {
            contenders: options.contenders.clone(),
            lost: BTreeMap::new(),
            failed: BTreeMap::new(),
            coarse: 0,
            rounds: BTreeMap::new(),
        }
    }

    /// Adds a round's figure.
    pub fn add(&mut self, contender: Contender, name: &str, value: f64) -> Outcome<()> {
        let measure = measure::named(name).ok_or_else(|| format!("there is no measure {name}"))?;
        if !value.is_finite() {
            return Err(format!("{name} of {contender} is {value}").into());
        }
        self.rounds.entry((contender, measure.name)).or_default().push(value);
        Ok(())
    }

    /// Remembers what went wrong.
    pub fn note(&mut self, contender: Contender, report: &Report) {
        for (name, lost) in &report.lost {
            *self.lost.entry((contender, name.clone())).or_default() += lost;
        }
        for (name, why) in &report.failed {
            let failed = self.failed.entry((contender, name.clone())).or_default();
            *failed = (failed.0 + 1, why.clone());
        }
        self.coarse += u64::from(report.isolated == Some(false));
    }

    /// A contender's line for a measure, if any round brought a figure.
    pub fn row(&self, contender: Contender, measure: &Measure) -> Option<Row> {
        let of = |contender| self.rounds.get(&(contender, measure.name));
        let values = of(contender)?;
        let median_of = |values: &Vec<f64>| median(values);
        let median = median_of(values)?;
        let raw = of(Contender::Raw).and_then(median_of).filter(|raw| *raw > 0.0);
        Some(Row {
            contender: contender.name(),
            measure: measure.name,
            unit: measure.unit,
            median,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ratio_to_raw: raw.map(|raw| median / raw),
        })
    }

    /// All lines as a JSON list.
    pub fn json(&self) -> Outcome<String> {
        let rows = self.contenders.iter().flat_map(|contender| {
            MEASURES.iter().filter_map(|measure| self.row(*contender, measure))
        });
        Ok(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())? + "\n")
    }
}

/// The middle one; of an even number the mean of the two in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        1 => Some(upper),
        _ => Some((sorted[sorted.len() / 2 - 1] + upper) / 2.0),
    }
}

/// Figures that tests of other files need.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub mod tests {
    use super::*;

    /// Two contenders with a few figures.
    pub fn some() -> Results {
        let options = "--contenders exciton-js".split(' ').map(str::to_owned);
        let mut results = Results::new(&Options::parse(options).unwrap());
        for value in [100.0, 300.0, 200.0] {
            results.add(Contender::Raw, "pipelined", value).unwrap();
            results.add(Contender::ExcitonJs, "pipelined", 25.0 * value).unwrap();
        }
        results.add(Contender::ExcitonJs, "sync_p50", 7.0).unwrap();
        results
    }

    #[test]
    fn a_row_has_the_median_the_spread_and_the_ratio_to_raw() {
        let json: serde_json::Value = serde_json::from_str(&some().json().unwrap()).unwrap();
        assert_eq!(
            json[1],
            serde_json::json!({
                "contender": "exciton-js", "measure": "pipelined", "unit": "calls/s",
                "median": 5_000.0, "min": 2_500.0, "max": 7_500.0, "ratio_to_raw": 25.0,
            })
        );
        assert_eq!(json[2]["ratio_to_raw"], serde_json::Value::Null);
        assert_eq!(json.as_array().unwrap().len(), 3);
    }

    #[test]
    fn a_median_lies_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn what_is_no_measure_or_no_number_is_refused() {
        let mut results = some();
        results.add(Contender::Raw, "speed", 1.0).unwrap_err();
        results.add(Contender::Raw, "send", f64::NAN).unwrap_err();
    }
}
