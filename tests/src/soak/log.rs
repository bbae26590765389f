//! Both sides' logs, and what must hold between them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use exciton_protocol::Seq;
use tempfile::TempDir;

use super::Report;
use super::page::{End, LinkLog, Outcome, PageLog};
use crate::error::{Result, io};

/// The host's log.
pub(super) struct HostLog {
    directory: TempDir,
    path: std::path::PathBuf,
}

/// What the host did for one link of one page.
#[derive(Default)]
struct Done {
    ran: Vec<u64>,
    pushed: u64,
}

impl HostLog {
    pub(super) fn new() -> Result<Self> {
        let directory = tempfile::tempdir().map_err(io("a directory for the log"))?;
        let path = directory.path().join("log");
        Ok(Self { directory, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn compare(&self, pages: &[PageLog]) -> Result<Report> {
        let _kept = &self.directory;
        let text = std::fs::read_to_string(&self.path).map_err(io("reading the host's log"))?;
        Ok(compare(&text, pages))
    }
}

fn compare(text: &str, pages: &[PageLog]) -> Report {
    let mut report = Report::default();
    let mut done: HashMap<(u64, u64), Done> = HashMap::new();
    let mut all = HashSet::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let kind = words.next().unwrap_or_default();
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        let ([page, link, number], true) =
            (numbers[..].try_into().unwrap_or([0; 3]), numbers.len() == 3)
        else {
            report.failures.push(format!("the host's log is garbled: {line:?}"));
            continue;
        };
        let link_done = done.entry((page, link)).or_default();
        if kind == "pushed" {
            link_done.pushed += 1;
            continue;
        }
        report.messages += 1;
        link_done.ran.push(number);
        // Over all links and all lives.
        if !all.insert((page, number)) {
            report.failures.push(format!("page {page}: message {number} ran twice"));
        }
    }
    for page in pages {
        report
            .failures
            .extend(page.failures.iter().map(|what| format!("page {}: {what}", page.number)));
        for (at, link) in page.links.iter().enumerate() {
            report.links += 1;
            report.messages += link.got;
            let done = done.remove(&(page.number, at as u64)).unwrap_or_default();
            let mut fail = |what: String| {
                report.failures.push(format!("page {}, link {at}: {what}", page.number));
            };
            one_link(link, &done, &mut fail);
        }
        for (number, outcome) in &page.calls {
            let ran = all.contains(&(page.number, *number));
            let (kind, holds) = match outcome {
                Outcome::Answered => (0, ran),
                Outcome::Failed { may_have_run } => {
                    (2 - usize::from(*may_have_run), *may_have_run || !ran)
                }
                // Nobody was there to be told.
                Outcome::Left => continue,
                Outcome::Open => (0, false),
            };
            report.calls[kind] += 1;
            if !holds {
                let what =
                    format!("page {}: call {number} is {outcome:?}, ran: {ran}", page.number);
                report.failures.push(what);
            }
        }
    }
    for ((page, link), _) in done {
        report.failures.push(format!("link {link} of page {page} is unknown to the page"));
    }
    report
}

/// What ran is what was sent, in its order, up to somewhere: to the end, if the link lives.
fn one_link(link: &LinkLog, done: &Done, fail: &mut impl FnMut(String)) {
    let sent = &link.sent;
    let same = sent.iter().zip(&done.ran).take_while(|((_, sent), ran)| sent == *ran).count();
    if same < done.ran.len() {
        let wanted = sent.get(same).map(|(_, number)| number);
        return fail(format!("{} ran where {wanted:?} was next", done.ran[same]));
    }
    let before = |seq: Seq| sent.partition_point(|(at, _)| *at < seq);
    let (least, most) = match link.end {
        End::Lives => (sent.len(), sent.len()),
        End::Lost { acked, departed } => (before(acked), before(departed)),
        End::Left { acked } => (before(acked), sent.len()),
    };
    if same < least {
        let end = &link.end;
        fail(format!("{same} of {} messages ran, {least} should have: {end:?}", sent.len()));
    }
    if same > most {
        fail(format!("{same} messages ran, and {most} had left the page"));
    }
    if matches!(link.end, End::Lives) && link.got != done.pushed {
        fail(format!("{} messages of the host came, {} were sent", link.got, done.pushed));
    }
    // A host that is killed may not come to writing its last message down.
    if link.got > done.pushed + 1 {
        fail(format!("{} messages of the host came, only {} were sent", link.got, done.pushed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(links: Vec<LinkLog>, calls: Vec<(u64, Outcome)>) -> PageLog {
        PageLog { number: 7, links, calls: calls.into_iter().collect(), failures: Vec::new() }
    }

    fn link(numbers: &[u64], got: u64, end: End) -> LinkLog {
        let sent = numbers.iter().enumerate().map(|(seq, number)| (seq as Seq, *number)).collect();
        LinkLog { sent, got, end }
    }

    #[test]
    fn logs_that_agree_have_no_failures() {
        let host = "ran 7 0 1\nran 7 0 2\nran 7 1 4\npushed 7 1 0\n";
        let lost = link(&[1, 2, 3], 0, End::Lost { acked: 1, departed: 2 });
        let calls = vec![
            (2, Outcome::Failed { may_have_run: true }),
            (3, Outcome::Failed { may_have_run: false }),
            (4, Outcome::Answered),
        ];
        let report = compare(host, &[page(vec![lost, link(&[4], 1, End::Lives)], calls)]);
        assert_eq!(report.failures, [""; 0]);
        assert_eq!((report.messages, report.links, report.calls), (4, 2, [1, 1, 1]));
    }

    #[test]
    fn each_broken_rule_is_a_failure() {
        let lives = || link(&[1, 2], 1, End::Lives);
        let lost = || link(&[1, 2], 0, End::Lost { acked: 1, departed: 1 });
        let rows: [(&str, LinkLog, Option<Outcome>, &str); 10] = [
            ("ran 7 0 1\npushed 7 0 0\n", lives(), None, "1 of 2 messages ran"),
            ("ran 7 0 2\npushed 7 0 0\n", lives(), None, "2 ran where Some(1) was next"),
            ("ran 7 0 1\nran 7 0 1\npushed 7 0 0\n", lives(), None, "message 1 ran twice"),
            ("ran 7 0 1\nran 7 0 2\n", lives(), None, "1 messages of the host came, 0 were sent"),
            ("ran 7 0 1\nran 7 0 2\nran 7 5 3\npushed 7 0 0\n", lives(), None, "is unknown"),
            ("", lost(), None, "0 of 2 messages ran, 1 should have"),
            ("ran 7 0 1\nran 7 0 2\n", lost(), None, "and 1 had left the page"),
            ("ran 7 0 1\n", lost(), Some(Outcome::Failed { may_have_run: false }), "call 1 is"),
            ("ran 7 0 1\n", lost(), Some(Outcome::Open), "call 1 is Open"),
            ("ran 7 0 1\nran 7\n", lost(), None, "garbled"),
        ];
        for (host, link, outcome, failure) in rows {
            let calls = outcome.map(|outcome| (1, outcome)).into_iter().collect();
            let report = compare(host, &[page(vec![link], calls)]);
            let found = report.failures.iter().any(|found| found.contains(failure));
            assert!(found, "{failure:?} is not in {:?}", report.failures);
        }
    }
}
