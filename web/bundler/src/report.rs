//! What the files weigh, and the bound on it.

use std::fmt;
use std::io::Write as _;

use anyhow::bail;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes that `electron.js` may have after gzip.
pub(crate) const COMPRESSED_LIMIT: usize = 64 * 1024;

/// Sizes in bytes, raw and after gzip.
#[derive(Debug)]
pub(crate) struct Report {
    rows: Vec<(&'static str, usize, usize)>,
}

/// Weighs what was made. Fails if the script is over [`COMPRESSED_LIMIT`].
pub(crate) fn measure(wasm: &[u8], script: &str, module: &str) -> anyhow::Result<Report> {
    let weigh = |name, bytes: &[u8]| anyhow::Ok((name, bytes.len(), compressed(bytes)?));
    let report = Report {
        rows: vec![
            weigh("wasm", wasm)?,
            weigh("electron.js", script.as_bytes())?,
            weigh("electron.mjs", module.as_bytes())?,
        ],
    };
    if let Some((name, _, size)) = report.rows.iter().find(|(_, _, size)| *size > COMPRESSED_LIMIT)
    {
        bail!("{name} has {size} bytes after gzip, {COMPRESSED_LIMIT} are allowed\n{report}");
    }
    Ok(report)
}

fn compressed(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, raw, gzip) in &self.rows {
            writeln!(f, "{name:<13} {raw:>8} bytes, {gzip:>7} after gzip")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_script_over_the_limit_is_refused_with_both_numbers() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let noise: String = (0..100_000)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                char::from(b'!' + (state % 90) as u8)
            })
            .collect();
        let error = measure(&[], &noise, "").unwrap_err().to_string();
        assert!(
            error.starts_with("electron.js has ") && error.contains("65536 are allowed"),
            "{error}"
        );
    }

    #[test]
    fn sizes_are_told_raw_and_compressed() {
        let report = measure(&[0; 1000], &"a".repeat(5000), "").unwrap().to_string();
        assert!(report.contains("wasm              1000 bytes"), "{report}");
        assert!(report.contains("electron.js       5000 bytes"), "{report}");
    }
}
