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
    /// Tauri's program: then its own webview shows all pages, and no browser any.
    pub tauri: Option<PathBuf>,
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
            tauri: None,
            contenders: Vec::new(),
            scale: 1.0,
            idle: 1_000,
            json: None,
            plots: None,
            client: PathBuf::new(),
            page: PathBuf::new(),
        };
        let mut args = args;
        let mut browser = None;
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--rounds" => options.rounds = at_least_one(&name, &value)?,
                "--browser" => browser = Some(engine(&value)?),
                "--tauri" => options.tauri = Some(value.into()),
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
        match (browser, &options.tauri) {
            (Some(_), Some(_)) => return Err("--tauri brings its own browser: no --browser".into()),
            (browser, _) => options.engine = browser.unwrap_or(Engine::Chromium),
        }
        if options.contenders.is_empty() {
            options.contenders = usual(options.tauri.is_some());
        }
        if options.tauri.is_none() && options.contenders.iter().any(|one| one.is_its_own_browser())
        {
            return Err("tauri is measured in its own webview only: --tauri".into());
        }
        Ok(options)
    }
}

/// Who is measured unless it is said: in Tauri's webview those whom it is to be told from, else all others.
fn usual(in_tauri: bool) -> Vec<Contender> {
    if in_tauri {
        return vec![Contender::Raw, Contender::ExcitonJs, Contender::Tauri];
    }
    Contender::ALL.into_iter().filter(|one| !one.is_its_own_browser()).collect()
}

/// A number that is no zero.
pub fn at_least_one(name: &str, value: &str) -> Outcome<usize> {
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
        let usual = parse("").unwrap();
        assert_eq!((usual.engine, usual.contenders.len()), (Engine::Chromium, 6));
    }

    #[test]
    fn tauri_is_measured_in_its_own_webview_and_there_only() {
        let options = parse("--tauri window").unwrap();
        assert_eq!(options.tauri, Some("window".into()));
        assert_eq!(options.contenders, [Contender::Raw, Contender::ExcitonJs, Contender::Tauri]);
        let options = parse("--contenders jsonrpsee --tauri window").unwrap();
        assert_eq!(options.contenders, [Contender::Raw, Contender::Jsonrpsee]);
        assert!(!parse("").unwrap().contenders.contains(&Contender::Tauri));
        for wrong in ["--contenders tauri", "--browser webkit --tauri window"] {
            assert!(parse(wrong).unwrap_err().to_string().contains("--tauri"), "{wrong}");
        }
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
