//! What an application may set before it listens. `App`'s methods fill this in.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use include_dir::Dir;

use crate::compression::Compression;
use crate::content_security_policy::ContentSecurityPolicy;
use crate::door_limits::DoorLimits;
use crate::origin::PublicUrl;
use crate::tls::Certificate;

/// All settings, with the defaults of an application on its user's own machine.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Names the application's state: its key, its browser profile.
    pub(crate) name: String,
    /// Where files are found.
    pub(crate) files: Files,
    /// Who can reach the listener.
    pub(crate) reach: Reach,
    /// The listener's port; 0 takes any free one.
    pub(crate) port: u16,
    /// What the listener speaks TLS with.
    pub(crate) tls: Option<Certificate>,
    /// The bounds of those who come and go.
    pub(crate) door_limits: DoorLimits,
    /// Further addresses at which browsers find the application: proxies, development servers.
    pub(crate) origins: Vec<PublicUrl>,
    /// Where the key of the cookies comes from.
    pub(crate) key: KeySource,
    /// How a window is brought to the user's eyes.
    pub(crate) opening: Opening,
    /// Pages show it when they are not connected.
    pub(crate) banner: bool,
    /// Pages load again when the host was restarted.
    pub(crate) reload: bool,
    /// What pages may load and run.
    pub(crate) policy: ContentSecurityPolicy,
    /// Pages have a process of their own, and `SharedArrayBuffer`.
    pub(crate) isolated: bool,
    /// For whom what comes and goes is compressed.
    pub(crate) compression: Compression,
}

/// Where the application's pages come from.
#[derive(Clone, Debug)]
pub(crate) enum Files {
    /// A folder; a relative one is taken from the current directory.
    Folder(PathBuf),
    /// Files inside the binary, by `include_dir!`.
    Embedded(Dir<'static>),
}

/// Who can reach the application's listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Programs on this machine only: 127.0.0.1.
    #[default]
    Loopback,
    /// Whoever reaches this address of the machine: other machines too. Traffic is encrypted only with a certificate
    /// (`App::tls`), or by a TLS proxy in front whose address is named with `App::origins`.
    Network(IpAddr),
}

/// Where the key comes from that signs the cookies of those who may come in. Whoever has it may come in.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A file that only its user can read, in the user's state directory, made at the first start. Pages that are open
    /// while the application restarts go on.
    #[default]
    StateFile,
    /// 32 secret random bytes that the application keeps itself.
    Given([u8; 32]),
    /// Made anew at each start: after a restart everybody needs a fresh link.
    Ephemeral,
}

/// How a window is brought to the user's eyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opening {
    /// In the user's default browser.
    #[default]
    DefaultBrowser,
    /// In a window of its own, without tabs and address bar and in the size asked for, by a browser of the Chromium family;
    /// in the default browser if there is none.
    AppWindow,
    /// Not at all: the address is printed, for servers.
    Nothing,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: program_name(),
            files: Files::Folder(PathBuf::from(".")),
            reach: Reach::default(),
            port: 0,
            tls: None,
            door_limits: DoorLimits::default(),
            origins: Vec::new(),
            key: KeySource::default(),
            opening: Opening::default(),
            banner: false,
            reload: false,
            policy: ContentSecurityPolicy::default(),
            isolated: false,
            compression: Compression::default(),
        }
    }
}

impl Reach {
    /// What it means that others can reach the application, for whoever started it; `None` if they can't.
    pub(crate) fn notice(self, is_encrypted: bool) -> Option<String> {
        let Self::Network(address) = self else { return None };
        if address.is_loopback() {
            return None;
        }
        let at = if address.is_unspecified() {
            "at any of this machine's addresses".to_owned()
        } else {
            format!("at {address}")
        };
        let encrypted = if is_encrypted {
            "What they send and are sent is encrypted."
        } else {
            "Nothing is encrypted: whoever carries the traffic can read it, and can come in with what they read. \
             --tls-cert and --tls-key (App::tls) encrypt it, and so does a TLS proxy in front."
        };
        let name = "It answers to addresses only. Where browsers know it by a name, or a proxy stands in front, name that: \
                    --origin (App::origins).";
        Some(format!(
            "Other machines can reach this program {at}. Who has one of the links below comes in, once for each.\n{encrypted}\n{name}"
        ))
    }

    /// The address to bind.
    pub(crate) const fn address(self) -> IpAddr {
        match self {
            Self::Loopback => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Self::Network(address) => address,
        }
    }
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StateFile => "StateFile",
            Self::Given(_) => "Given(…)",
            Self::Ephemeral => "Ephemeral",
        })
    }
}

/// The program's file name: what an application is called that says nothing else.
fn program_name() -> String {
    let program = std::env::current_exe().ok();
    let stem = program.as_deref().and_then(|path| path.file_stem());
    stem.map_or_else(|| "app".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_loopback_is_reachable_by_default() {
        assert!(Config::default().reach.address().is_loopback());
        assert!(Config::default().origins.is_empty());
    }

    #[test]
    fn what_it_means_that_others_reach_it_is_said() {
        let reach = |address: &str| Reach::Network(address.parse().unwrap());
        assert_eq!(Reach::Loopback.notice(false), None);
        assert_eq!(reach("127.0.0.2").notice(false), None);
        let text = reach("0.0.0.0").notice(false).unwrap();
        for part in
            ["any of this machine's addresses", "Nothing is encrypted", "--tls-cert", "--origin"]
        {
            assert!(text.contains(part), "{text}");
        }
        let text = reach("192.168.0.7").notice(true).unwrap();
        assert!(text.contains("at 192.168.0.7.") && text.contains("is encrypted"), "{text}");
        assert!(!text.contains("Nothing is encrypted"), "{text}");
    }

    #[test]
    fn a_given_key_is_never_shown() {
        assert_eq!(format!("{:?}", KeySource::Given([7; 32])), "Given(…)");
    }
}
