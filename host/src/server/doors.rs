//! Doors: the addresses at which the application may be found, and which `Host` and `Origin` fit together at each.

use std::net::{IpAddr, SocketAddr};

use crate::origin::{Authority, HostName, Origin, PublicUrl, Scheme};

/// The allow list.
pub(crate) struct Doors<'a> {
    /// The application's own listener; `None` when it is nested in another application.
    pub(crate) own: Option<SocketAddr>,
    /// Whether that speaks TLS.
    pub(crate) tls: bool,
    /// `App::origins`.
    pub(crate) named: &'a [PublicUrl],
}

/// The door that a request came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    /// Whether the browser is surely on `https`.
    pub(crate) https: bool,
    /// The path that a named address has in front, as browsers see it.
    pub(crate) path: Option<String>,
}

/// Why a request found no door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// No address has this host.
    Host,
    /// The host is known, but that origin has no business there.
    Origin,
}

impl Doors<'_> {
    /// The door for a request to `host` from a page of `origin`; a request without `Origin` is judged by its host alone.
    ///
    /// The own listener's hosts each fit their own origin only. A named address fits its own host, and the hosts that a proxy
    /// in front of the listener sends in its place: the listener's, and for a loopback address the bare host name.
    pub(crate) fn admit(&self, host: &Authority, origin: Option<&Origin>) -> Result<Door, Closed> {
        let mut known = false;
        for (fits_host, door, fits_origin) in self.all(host, origin) {
            known |= fits_host;
            if fits_host && fits_origin {
                return Ok(door);
            }
        }
        Err(if known { Closed::Origin } else { Closed::Host })
    }

    fn all<'d>(
        &'d self,
        host: &'d Authority,
        origin: Option<&'d Origin>,
    ) -> impl Iterator<Item = (bool, Door, bool)> + 'd {
        let plain = move |fits: bool| {
            let same = origin.is_none_or(|origin| origin.is_at(host));
            (fits, Door { https: false, path: None }, same)
        };
        let own = self.own.map(|own| {
            let (fits, door, same) = plain(self.is_own(own, host));
            let scheme = if self.tls { Scheme::Https } else { Scheme::Http };
            let same = same && origin.is_none_or(|origin| origin.scheme == scheme);
            (fits, Door { https: self.tls, ..door }, same)
        });
        let unnamed =
            (self.own.is_none() && self.named.is_empty()).then(|| plain(host.host.is_loopback()));
        let named = self.named.iter().map(move |address| {
            let public = &address.origin;
            let at_home = public.is_at(host);
            let proxied = self.own.is_some_and(|own| self.is_own(own, host))
                || is_bare_loopback(public, host);
            let fits = at_home || proxied;
            let door = Door {
                https: public.scheme == Scheme::Https && (at_home || origin.is_some()),
                path: (!address.path.is_empty()).then(|| address.path.clone()),
            };
            (fits, door, origin.is_none_or(|origin| origin == public))
        });
        own.into_iter().chain(unnamed).chain(named)
    }

    /// Whether a `Host` is one of a listener's own addresses. A name can be pointed anywhere by whoever owns it (DNS
    /// rebinding), an address can't: so a listener on all addresses takes any address, and of names only `localhost`.
    fn is_own(&self, own: SocketAddr, host: &Authority) -> bool {
        if host.port.unwrap_or(if self.tls { 443 } else { 80 }) != own.port() {
            return false;
        }
        match (&host.host, own.ip()) {
            (HostName::Ip(address), ip) if ip.is_unspecified() || *address == ip => true,
            (HostName::Ip(address), ip) => ip.is_loopback() && LOOPBACK.contains(address),
            (HostName::Name(name), ip) => {
                name == "localhost" && (ip.is_unspecified() || ip.is_loopback())
            }
        }
    }
}

/// `trunk serve` sends the host name of the address it forwards to, without a port.
fn is_bare_loopback(public: &Origin, host: &Authority) -> bool {
    public.host.is_loopback() && host.host.is_loopback() && host.port.is_none()
}

const LOOPBACK: [IpAddr; 2] =
    [IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// `own` listener ("" when nested), named addresses, `Host`, `Origin` ("" for none) and what comes of it.
    #[track_caller]
    fn check(
        own: &str,
        named: &[&str],
        host: &str,
        origin: &str,
        expected: Result<(bool, &str), Closed>,
    ) {
        let named: Vec<PublicUrl> = named.iter().map(|text| text.parse().unwrap()).collect();
        // An own listener that speaks TLS is written with its scheme.
        let (own, tls) = own.strip_prefix("https://").map_or((own, false), |own| (own, true));
        let address = (!own.is_empty()).then(|| own.parse().unwrap());
        let doors = Doors { own: address, tls, named: &named };
        let origin = (!origin.is_empty()).then(|| Origin::parse(origin).unwrap());
        let door = doors.admit(&Authority::parse(host).unwrap(), origin.as_ref());
        let expected = expected
            .map(|(https, path)| Door { https, path: (!path.is_empty()).then(|| path.to_owned()) });
        assert_eq!(door, expected, "{own:?} {named:?} {host} {origin:?}");
    }

    const PLAIN: Result<(bool, &str), Closed> = Ok((false, ""));
    const OWN: &str = "127.0.0.1:8124";

    #[test]
    fn the_own_listener_is_found_at_its_three_names_each_with_its_own_origin() {
        for host in ["127.0.0.1:8124", "localhost:8124", "[::1]:8124"] {
            check(OWN, &[], host, "", PLAIN);
            check(OWN, &[], host, &format!("http://{host}"), PLAIN);
            check(OWN, &[], host, &format!("https://{host}"), Err(Closed::Origin));
        }
        check(OWN, &[], "127.0.0.1:8124", "http://localhost:8124", Err(Closed::Origin));
        check(OWN, &[], "localhost:8124", "http://127.0.0.1:8124", Err(Closed::Origin));
        check(OWN, &[], "127.0.0.1:8124", "http://127.0.0.1:8125", Err(Closed::Origin));
    }

    #[test]
    fn a_listener_with_a_certificate_is_found_on_https_only() {
        const TLS: &str = "https://127.0.0.1:8124";
        for host in ["127.0.0.1:8124", "localhost:8124", "[::1]:8124"] {
            check(TLS, &[], host, "", Ok((true, "")));
            check(TLS, &[], host, &format!("https://{host}"), Ok((true, "")));
            check(TLS, &[], host, &format!("http://{host}"), Err(Closed::Origin));
        }
        check("https://127.0.0.1:443", &[], "127.0.0.1", "https://127.0.0.1", Ok((true, "")));
        check("https://127.0.0.1:80", &[], "127.0.0.1", "", Err(Closed::Host));
        check("https://0.0.0.0:9", &[], "app.example:9", "", Err(Closed::Host));
        const NAMED: &[&str] = &["https://app.example:9"];
        check("https://0.0.0.0:9", NAMED, "app.example:9", "https://app.example:9", Ok((true, "")));
    }

    #[test]
    fn no_other_host_is_the_own_listener() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8125",
            "127.0.0.2:8124",
            "localhost",
            "evil.example:8124",
            "a.localhost:8124",
            "192.168.0.1:8124",
        ] {
            check(OWN, &[], host, "", Err(Closed::Host));
            check(OWN, &[], host, &format!("http://{host}"), Err(Closed::Host));
        }
        check("127.0.0.1:80", &[], "127.0.0.1", "http://127.0.0.1", PLAIN);
    }

    #[test]
    fn a_listener_on_all_addresses_takes_addresses_and_no_names() {
        check("0.0.0.0:80", &[], "192.168.0.7", "http://192.168.0.7", PLAIN);
        check("[::]:9", &[], "[fe80::1]:9", "http://[fe80::1]:9", PLAIN);
        check("[::]:9", &[], "localhost:9", "", PLAIN);
        check("0.0.0.0:80", &[], "evil.example", "http://evil.example", Err(Closed::Host));
        check("192.168.0.7:9", &[], "192.168.0.7:9", "", PLAIN);
        check("192.168.0.7:9", &[], "localhost:9", "", Err(Closed::Host));
    }

    #[test]
    fn a_named_address_has_its_own_host_and_those_a_proxy_sends() {
        const NAMED: &[&str] = &["https://app.example/tool"];
        const SECURE: Result<(bool, &str), Closed> = Ok((true, "/tool"));
        check(OWN, NAMED, "app.example", "", SECURE);
        check(OWN, NAMED, "app.example:443", "https://app.example", SECURE);
        check(OWN, NAMED, "127.0.0.1:8124", "https://app.example", SECURE);
        check(OWN, NAMED, "127.0.0.1:8124", "http://127.0.0.1:8124", PLAIN);
        check(OWN, NAMED, "127.0.0.1:8124", "", PLAIN);
        check("", NAMED, "app.example", "https://app.example", SECURE);
        check(OWN, NAMED, "app.example", "http://app.example", Err(Closed::Origin));
        check(OWN, NAMED, "app.example", "https://app.example.evil", Err(Closed::Origin));
        check(OWN, NAMED, "app.example:80", "http://app.example", Err(Closed::Host));
        check(OWN, NAMED, "www.app.example", "https://app.example", Err(Closed::Host));
        check(OWN, NAMED, "127.0.0.1", "https://app.example", Err(Closed::Host));
        check("", NAMED, "127.0.0.1:8124", "http://127.0.0.1:8124", Err(Closed::Host));
    }

    #[test]
    fn a_named_loopback_address_also_has_the_bare_host_of_trunk() {
        const TRUNK: &[&str] = &["http://127.0.0.1:8080"];
        check(OWN, TRUNK, "127.0.0.1", "http://127.0.0.1:8080", PLAIN);
        check(OWN, TRUNK, "127.0.0.1", "", PLAIN);
        check(OWN, TRUNK, "localhost", "http://127.0.0.1:8080", PLAIN);
        check("", TRUNK, "127.0.0.1", "http://127.0.0.1:8080", PLAIN);
        check(OWN, TRUNK, "127.0.0.1", "http://127.0.0.1:8081", Err(Closed::Origin));
        check(OWN, TRUNK, "127.0.0.1", "http://127.0.0.1", Err(Closed::Origin));
        check(OWN, TRUNK, "127.0.0.1", "http://localhost:8080", Err(Closed::Origin));
    }

    #[test]
    fn nested_and_unnamed_only_loopback_is_a_door_and_each_host_fits_itself() {
        for host in ["127.0.0.1:3000", "localhost:3000", "[::1]", "127.0.0.1"] {
            check("", &[], host, "", PLAIN);
            check("", &[], host, &format!("http://{host}"), PLAIN);
            check("", &[], host, &format!("https://{host}"), PLAIN);
            check("", &[], host, "http://127.0.0.1:3001", Err(Closed::Origin));
        }
        check("", &[], "app.example", "http://app.example", Err(Closed::Host));
        check("", &[], "192.168.0.1:3000", "http://192.168.0.1:3000", Err(Closed::Host));
    }
}
