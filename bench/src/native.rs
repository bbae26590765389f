//! Native clients: what a message costs the host's process, and how many it takes when both ends do what they can.

mod batch;
mod clients;
mod cpu;
mod saturate;

use std::path::PathBuf;

use crate::Outcome;
use crate::options::at_least_one;

/// What is done without a browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chore {
    /// CPU time for each message, by the number of pages and of channels.
    Cpu,
    /// Messages a second.
    Saturate,
}

/// One run.
#[derive(Clone, PartialEq, Debug)]
struct Options {
    rounds: usize,
    /// How long each size is measured in a round.
    millis: u64,
    /// Instead of the usual sizes.
    pages: Vec<usize>,
    json: Option<PathBuf>,
}

impl Chore {
    /// What the first argument asks for.
    pub fn named(argument: Option<&str>) -> Option<Chore> {
        match argument {
            Some("--cpu") => Some(Chore::Cpu),
            Some("--saturate") => Some(Chore::Saturate),
            _ => None,
        }
    }

    /// Runs it with the arguments behind it.
    pub async fn run(self, args: impl Iterator<Item = String>) -> Outcome<()> {
        let options = Options::parse(args)?;
        match self {
            Chore::Cpu => cpu::run(&options).await,
            Chore::Saturate => saturate::run(&options).await,
        }
    }
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Outcome<Options> {
        let mut options = Options { rounds: 5, millis: 1_000, pages: Vec::new(), json: None };
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--rounds" => options.rounds = at_least_one(&name, &value)?,
                "--millis" => options.millis = at_least_one(&name, &value)? as u64,
                "--pages" => {
                    let sizes = value.split(',').map(|size| at_least_one(&name, size));
                    options.pages = sizes.collect::<Outcome<_>>()?;
                }
                "--json" => options.json = Some(value.into()),
                _ => return Err(format!("there is no option {name}").into()),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Outcome<Options> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_say_how_often_how_long_and_how_many() {
        let options = parse("--rounds 3 --millis 250 --pages 1,1000").unwrap();
        assert_eq!((options.rounds, options.millis), (3, 250));
        assert_eq!(options.pages, [1, 1_000]);
        for wrong in ["--pages 1,0", "--browser chromium", "--rounds"] {
            parse(wrong).unwrap_err();
        }
    }
}
