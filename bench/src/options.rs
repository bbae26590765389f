//! What the command line says.

use std::path::PathBuf;

use exciton_e2e::Engine;

use crate::Outcome;
use crate::contender::Contender;

/// One run.
#[derive(Debug)]
pub struct Options {
    /// How often each contender is measured.
    pub rounds: usize,
    /// Where.
    pub engine: Engine,
    /// Who.
    pub contenders: Vec<Contender>,
    /// The share of the usual counts: less than 1 to try the run itself.
    pub scale: f64,
    /// Idle links in each round.
    pub idle: u64,
    /// The file for the figures.
    pub json: Option<PathBuf>,
    /// The folder for the plots.
    pub plots: Option<PathBuf>,
    /// The folder with the official client of Socket.IO.
    pub client: PathBuf,
    /// The folder with the page in Rust.
    pub page: PathBuf,
}

impl Options {
    /// Reads the arguments.
    pub fn parse(args: impl Iterator<Item = String>) -> Outcome<Options> {
        let mut options = Options {
            rounds: 7,
            engine: Engine::Chromium,
            contenders: Contender::ALL.to_vec(),
            scale: 1.0,
            idle: 1_000,
            json: None,
            plots: None,
            client: PathBuf::new(),
            page: PathBuf::new(),
        };
        let mut args = args;
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--rounds" => options.rounds = at_least_one(&name, &value)?,
                "--browser" => options.engine = engine(&value)?,
                "--contenders" => options.contenders = contenders(&value)?,
                "--scale" => options.scale = share(&value)?,
                "--idle" => options.idle = at_least_one(&name, &value)? as u64,
                "--json" => options.json = Some(value.into()),
                "--plots" => options.plots = Some(value.into()),
                "--client" => options.client = value.into(),
                "--page" => options.page = value.into(),
                _ => return Err(format!("there is no option {name}").into()),
            }
        }
        Ok(options)
    }
}

fn at_least_one(name: &str, value: &str) -> Outcome<usize> {
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{name} takes a number from 1, not {value:?}").into())
}

fn share(value: &str) -> Outcome<f64> {
    let share = value.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| format!("--scale takes a share up to 1, not {value:?}").into())
}

fn engine(value: &str) -> Outcome<Engine> {
    let engines = [Engine::Chromium, Engine::Firefox, Engine::WebKit];
    let found = engines.into_iter().find(|engine| engine.to_string() == value);
    found
        .ok_or_else(|| format!("--browser takes chromium, firefox or webkit, not {value:?}").into())
}

/// The limit is always among them: the others are told by it.
fn contenders(value: &str) -> Outcome<Vec<Contender>> {
    let mut found = vec![Contender::Raw];
    for name in value.split(',') {
        let contender = Contender::named(name);
        let contender = contender.ok_or_else(|| {
            let names = Contender::ALL.map(Contender::name).join(", ");
            format!("{name:?} is none of {names}")
        })?;
        if !found.contains(&contender) {
            found.push(contender);
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Outcome<Options> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_say_who_where_and_how_often() {
        let options = parse("--rounds 9 --browser webkit --contenders jsonrpsee,raw").unwrap();
        assert_eq!((options.rounds, options.engine), (9, Engine::WebKit));
        assert_eq!(options.contenders, [Contender::Raw, Contender::Jsonrpsee]);
        assert_eq!(parse("").unwrap().contenders.len(), Contender::ALL.len());
    }

    #[test]
    fn what_is_unknown_is_refused_with_what_is_known() {
        for wrong in
            ["--rounds 0", "--scale 2", "--browser opera", "--contenders electron", "--x 1"]
        {
            parse(wrong).unwrap_err();
        }
        assert!(parse("--contenders electron").unwrap_err().to_string().contains("exciton-js"));
        assert!(parse("--json").unwrap_err().to_string().contains("--json needs a value"));
    }
}
