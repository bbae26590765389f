//! Plots as SVG: bars for each measure, on a scale from zero.

use std::path::Path;

use crate::Outcome;
use crate::contender::Contender;
use crate::measure::{self, Measure};
use crate::results::{Results, Row};
use crate::table::short;

/// File, title, and the measures whose bars share a scale.
const PLOTS: [(&str, &str, &[&str]); 4] = [
    ("messages", "Messages a second (more is better)", &["pipelined", "send", "push"]),
    (
        "latency",
        "Time of one call in µs (less is better)",
        &["invoke_p50", "invoke_p99", "sync_p50"],
    ),
    ("bytes", "Echo in MiB a second (more is better)", &["binary_1m", "binary_16m", "json_1m"]),
    ("start", "From the navigation in ms (less is better)", &["start_sync", "start_invoke"]),
];

const LEFT: usize = 120;
const BARS: usize = 480;
const RIGHT: usize = 150;
const BAR: usize = 18;
const GAP: usize = 34;

/// Writes all plots into a folder.
pub fn write(results: &Results, folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    for (name, title, measures) in PLOTS {
        let measures: Vec<&Measure> =
            measures.iter().filter_map(|name| measure::named(name)).collect();
        std::fs::write(folder.join(format!("{name}.svg")), plot(results, title, &measures))?;
    }
    Ok(())
}

/// A group of bars for each measure, one bar for each contender that has a figure.
fn plot(results: &Results, title: &str, measures: &[&Measure]) -> String {
    let groups: Vec<(&Measure, Vec<(Contender, Row)>)> = measures
        .iter()
        .map(|measure| {
            let rows = results.contenders.iter();
            let rows =
                rows.filter_map(|contender| Some((*contender, results.row(*contender, measure)?)));
            (*measure, rows.collect())
        })
        .collect();
    let largest = groups.iter().flat_map(|(_, rows)| rows).map(|(_, row)| row.max);
    let largest = largest.fold(f64::MIN_POSITIVE, f64::max);
    let (mut bars, mut y) = (String::new(), 46);
    for (measure, rows) in &groups {
        y += 8;
        bars += &format!(
            "<text x=\"12\" y=\"{y}\" font-weight=\"bold\">{}: {}</text>\n",
            measure.name, measure.about
        );
        y += 8;
        for (contender, row) in rows {
            bars += &bar(*contender, row, y, largest);
            y += BAR;
        }
        y += GAP - 16;
    }
    let width = LEFT + BARS + RIGHT;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {y}\" width=\"{width}\" height=\"{y}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"24\" font-size=\"16\">{title}</text>\n{bars}</svg>\n"
    )
}

/// The median as a bar, the spread of the rounds as a line over it.
fn bar(contender: Contender, row: &Row, y: usize, largest: f64) -> String {
    let at = |value: f64| LEFT as f64 + BARS as f64 * value / largest;
    let (name_y, line_y) = (y + BAR - 5, y as f64 + (BAR - 3) as f64 / 2.0);
    let ratio = match row.ratio_to_raw.filter(|_| contender != Contender::Raw) {
        Some(ratio) if ratio >= 10.0 => format!(" · {ratio:.0} × raw"),
        Some(ratio) => format!(" · {ratio:.2} × raw"),
        None => String::new(),
    };
    format!(
        "<text x=\"{}\" y=\"{name_y}\" text-anchor=\"end\">{contender}</text>\
         <rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\" fill=\"{}\"/>\
         <path d=\"M{:.1} {line_y}H{:.1}\" stroke=\"#222\"/>\
         <text x=\"{:.1}\" y=\"{name_y}\">{}{ratio}</text>\n",
        LEFT - 6,
        at(row.median) - LEFT as f64,
        BAR - 3,
        colour(contender),
        at(row.min),
        at(row.max),
        at(row.max) + 6.0,
        short(row.median),
    )
}

fn colour(contender: Contender) -> &'static str {
    match contender {
        Contender::ExcitonJs => "#2f6fde",
        Contender::ExcitonRust => "#7aa7f0",
        Contender::Raw => "#8a8a8a",
        Contender::RawDefault => "#b5b5b5",
        Contender::Socketioxide => "#d9a441",
        Contender::Jsonrpsee => "#c7684a",
        Contender::Tauri => "#7c9a4b",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_figure() {
        let results = crate::results::tests::some();
        let plot = plot(&results, "calls", &[measure::named("pipelined").unwrap()]);
        // The largest is 7,500 of exciton-js; its median 5,000, and raw's 200.
        assert!(plot.contains("width=\"320.0\""), "{plot}");
        assert!(plot.contains("width=\"12.8\""), "{plot}");
        assert!(plot.contains("5000 · 25 × raw"), "{plot}");
        assert_eq!(plot.matches("<rect x=").count(), 2);
    }
}
