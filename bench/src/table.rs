//! The figures as a table in Markdown, for the terminal and for the documentation.

use crate::contender::Contender;
use crate::measure::MEASURES;
use crate::results::{Results, Row};

/// A line for each measure, a column for each contender; below it what was lost and what failed.
pub fn markdown(results: &Results) -> String {
    let names: Vec<&str> = results.contenders.iter().map(|contender| contender.name()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for measure in &MEASURES {
        let cells: Vec<String> = results
            .contenders
            .iter()
            .map(|contender| {
                results
                    .row(*contender, measure)
                    .map_or("–".to_owned(), |row| cell(*contender, &row))
            })
            .collect();
        text += &format!("| `{}` {} | {} |\n", measure.name, measure.unit, cells.join(" | "));
    }
    for ((contender, name), count) in &results.lost {
        text += &format!("\n{contender} lost {count} messages of `{name}` over all rounds.\n");
    }
    for ((contender, name), (times, why)) in &results.failed {
        text += &format!("\n{contender} brought no `{name}`, {times} times: {why}\n");
    }
    if results.coarse > 0 {
        text += &format!("\n{} pages had the browser's coarse clock only.\n", results.coarse);
    }
    text
}

fn cell(contender: Contender, row: &Row) -> String {
    let spread = format!("{} ({}–{})", short(row.median), short(row.min), short(row.max));
    match row.ratio_to_raw.filter(|_| contender != Contender::Raw) {
        Some(ratio) => format!("{spread} {}", times(ratio)),
        None => spread,
    }
}

/// A ratio, with as many digits as say something.
pub fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 10.0 => format!("**{ratio:.0} ×**"),
        ratio => format!("**{ratio:.2} ×**"),
    }
}

/// A number with three digits that count.
pub fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.2} M", value / 1e6),
        value if value >= 1e5 => format!("{:.0} k", value / 1e3),
        value if value >= 1e4 => format!("{:.1} k", value / 1e3),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_tells_median_spread_and_ratio() {
        let table = markdown(&crate::results::tests::some());
        let line = table.lines().find(|line| line.starts_with("| `pipelined`"));
        assert_eq!(
            line,
            Some("| `pipelined` calls/s | 200 (100–300) | 5000 (2500–7500) **25 ×** |")
        );
        assert!(table.contains("| `sync_p50` µs | – | 7.00 (7.00–7.00) |"), "{table}");
    }

    #[test]
    fn numbers_keep_three_digits() {
        let all = [1_234_567.0, 234_567.0, 34_567.0, 4_567.0, 56.78, 6.789].map(short);
        assert_eq!(all, ["1.23 M", "235 k", "34.6 k", "4567", "56.8", "6.79"]);
    }
}
