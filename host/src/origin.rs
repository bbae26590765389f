//! Origins and hosts, parsed and compared whole: scheme, host and port, never by a prefix or a label.
//!
//! Sources: RFC 6454 §6 (an origin's text), RFC 9110 §7.2 (`Host`), WHATWG URL (a host that ends in a number is an
//! IPv4 address or nothing).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The two schemes a page of ours can come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A host as browsers write it: an address, or a name in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostName {
    Ip(IpAddr),
    Name(String),
}

/// What a `Host` header holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: HostName,
    pub(crate) port: Option<u16>,
}

/// Scheme, host and port; the port is always there, by its scheme's default if the text had none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) host: HostName,
    pub(crate) port: u16,
}

/// A public address of the application, as browsers see it: an origin, and the path under which it is found there.
///
/// Parsed from text such as `https://app.example.com` or `https://example.com/tools/app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    pub(crate) origin: Origin,
    /// Empty, or with a slash at its start and none at its end.
    pub(crate) path: String,
}

/// A text that is not an address that browsers could use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a public address: write http or https, a host, and a port if it isn't the usual one, \
     such as https://app.example.com or http://127.0.0.1:8080"
)]
pub struct BadAddress {
    /// The text as it was given.
    pub text: String,
}

impl Scheme {
    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl HostName {
    fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Ip(address.into()));
        }
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if text.len() > MAX_NAME || !text.bytes().all(known) || text.split('.').any(str::is_empty) {
            return None;
        }
        let name = text.to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
            return Some(Self::Ip(name.parse::<Ipv4Addr>().ok()?.into()));
        }
        Some(Self::Name(name))
    }

    /// Whether only this very machine can be meant: `localhost`, 127.0.0.0/8 or `::1`.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }
}

impl Authority {
    /// Reads `host` or `host:port`; nothing else, no user name, no empty port.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let split = if text.starts_with('[') {
            text.find(']')? + 1
        } else {
            text.find(':').unwrap_or(text.len())
        };
        let (host, rest) = text.split_at_checked(split)?;
        let port = match rest.strip_prefix(':') {
            Some(digits) => Some(port(digits)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { host: HostName::parse(host)?, port })
    }
}

impl Origin {
    /// Reads the text of an `Origin` header. `null` and every opaque origin are `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let Authority { host, port } = Authority::parse(rest)?;
        Some(Self { scheme, host, port: port.unwrap_or(scheme.default_port()) })
    }

    /// The origin of an absolute URL, such as a `Referer`.
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let start = url.find("://")? + 3;
        let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
        Self::parse(&url[..end])
    }

    /// Whether a request to this origin carries that `Host`.
    pub(crate) fn is_at(&self, host: &Authority) -> bool {
        self.host == host.host && self.port == host.port.unwrap_or(self.scheme.default_port())
    }
}

impl FromStr for PublicUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress { text: text.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let origin = Origin::parse(&format!("{}://{authority}", scheme.to_ascii_lowercase()));
        let path = path.trim_end_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+=:@".contains(&byte);
        if !path.bytes().all(plain) || path.contains("//") {
            return Err(bad());
        }
        Ok(Self { origin: origin.ok_or_else(bad)?, path: path.to_owned() })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// A port in its one spelling: no sign, no leading zero.
fn port(digits: &str) -> Option<u16> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// The longest name that the domain name system knows.
const MAX_NAME: usize = 253;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_whole_and_written_in_its_one_spelling() {
        for (text, written) in [
            ("http://127.0.0.1:8124", "http://127.0.0.1:8124"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("https://App.Example.com:443", "https://app.example.com"),
            ("http://[0:0::1]:5", "http://[::1]:5"),
            ("https://localhost", "https://localhost"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), written, "{text}");
        }
    }

    #[test]
    fn a_text_that_no_browser_writes_is_no_origin() {
        for text in [
            "",
            "null",
            "http://",
            "http:///",
            "127.0.0.1:8124",
            "ftp://127.0.0.1",
            "http://127.0.0.1:8124/",
            "http://user@127.0.0.1",
            "http://127.0.0.1:",
            "http://127.0.0.1:+8",
            "http://127.0.0.1:08124",
            "http://127.0.0.1:65536",
            "http://127.0.0.1:0",
            "http://127.1",
            "http://0x7f.0.0.1",
            "http://2130706433",
            "http://localhost.",
            "http://.localhost",
            "http://a b",
            "http://127.0.0.1 ",
            "http://[::1",
            "http://::1",
            "http://[::1]x:1",
            "http://ü.example",
            "http://a%2eb",
            "HTTP://a",
            "http://a#b",
            "http://a\\b",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_origin_is_at_a_host_only_with_the_same_port() {
        let at = |origin: &str, host: &str| {
            Origin::parse(origin).unwrap().is_at(&Authority::parse(host).unwrap())
        };
        assert!(at("http://a.example", "a.example"));
        assert!(at("http://a.example", "A.example:80"));
        assert!(at("https://a.example", "a.example"));
        assert!(!at("https://a.example", "a.example:80"));
        assert!(!at("http://a.example:81", "a.example"));
        assert!(!at("http://a.example", "b.a.example"));
        assert!(!at("http://a.example", "a.example.com"));
    }

    #[test]
    fn a_public_address_may_have_a_path_and_nothing_else() {
        let read = |text: &str| text.parse::<PublicUrl>().map(|url| url.to_string());
        assert_eq!(
            read("HTTPS://example.com/tools/app/").unwrap(),
            "https://example.com/tools/app"
        );
        assert_eq!(read("http://127.0.0.1:8080/").unwrap(), "http://127.0.0.1:8080");
        for text in [
            "example.com",
            "*",
            "https://*",
            "https://a/b?c",
            "https://a/b#c",
            "https://a//b",
            "null",
            "https://a/;b",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn a_referer_gives_its_origin() {
        let origin = Origin::of_url("http://127.0.0.1:9/x?y=http://z").unwrap();
        assert_eq!(origin.to_string(), "http://127.0.0.1:9");
        assert_eq!(Origin::of_url("http://a.example#b").unwrap().to_string(), "http://a.example");
        assert_eq!(Origin::of_url("about:blank"), None);
    }
}
