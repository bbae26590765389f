//! Exciton beside what else carries calls between a browser's page and a program: all of them in one browser, one after
//! the other, round by round. Run by `cargo xtask bench`.

#![forbid(unsafe_code)]

mod contender;
mod desk;
mod files;
mod host;
mod idle;
mod measure;
mod native;
mod options;
mod plot;
mod results;
mod rounds;
mod table;
mod window;

/// What may go wrong ends the run with its text.
type Outcome<T> = exciton::Result<T>;

#[tokio::main]
async fn main() -> Outcome<()> {
    if let Ok(role) = std::env::var(host::ROLE) {
        return host::host(&role).await;
    }
    let mut args = std::env::args().skip(1).peekable();
    if let Some(chore) = native::Chore::named(args.peek().map(String::as_str)) {
        return chore.run(args.skip(1)).await;
    }
    let options = options::Options::parse(args)?;
    idle::raise_files(options.idle)?;
    let results = rounds::run(&options).await?;
    println!("\n{}", table::markdown(&results));
    if let Some(path) = &options.json {
        std::fs::write(path, results.json()?)?;
    }
    if let Some(folder) = &options.plots {
        plot::write(&results, folder)?;
    }
    Ok(())
}
