//! What an application sets before it serves. Each method returns the application, to go on with.

use std::path::PathBuf;

use exciton_protocol::Limits;
use include_dir::Dir;

use super::{App, lock};
use crate::command_line::CommandLine;
use crate::compression::Compression;
use crate::config::{Files, KeySource, Opening, Reach};
use crate::content_security_policy::ContentSecurityPolicy;
use crate::door_limits::DoorLimits;
use crate::origin::{BadAddress, PublicUrl};
use crate::tls::Certificate;

/// Settings are read when the application begins to serve; later changes have no effect.
impl App {
    /// Names the application's state: the key of its cookies, its browser profile. The program's file name unless set.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.config().name = name.into();
        self
    }

    /// The folder whose files are served, and against which relative paths are resolved. The current directory unless set.
    #[must_use]
    pub fn root(self, folder: impl Into<PathBuf>) -> Self {
        self.config().files = Files::Folder(folder.into());
        self
    }

    /// Serves files inside the binary instead: `include_dir!("$CARGO_MANIFEST_DIR/ui")`.
    #[must_use]
    pub fn assets(self, files: Dir<'static>) -> Self {
        self.config().files = Files::Embedded(files);
        self
    }

    /// The port to listen on; 0, the default, takes any free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.config().port = port;
        self
    }

    /// Who can reach the application: programs on this machine, unless it says otherwise here.
    #[must_use]
    pub fn reach(self, reach: Reach) -> Self {
        self.config().reach = reach;
        self
    }

    /// Listens on `https`, with this certificate. An application that is nested in another one leaves that to it.
    #[must_use]
    pub fn tls(self, certificate: Certificate) -> Self {
        self.config().tls = Some(certificate);
        self
    }

    /// Further addresses at which browsers find the application: proxies, development servers, or the application that
    /// this one is nested in.
    ///
    /// # Errors
    /// One of them is no address that browsers could use.
    pub fn origins<T: AsRef<str>>(
        self,
        origins: impl IntoIterator<Item = T>,
    ) -> Result<Self, BadAddress> {
        let origins = origins
            .into_iter()
            .map(|text| text.as_ref().parse())
            .collect::<Result<Vec<PublicUrl>, _>>()?;
        self.config().origins.extend(origins);
        Ok(self)
    }

    /// Where the key of the cookies comes from.
    #[must_use]
    pub fn key(self, key: KeySource) -> Self {
        self.config().key = key;
        self
    }

    /// How windows are brought to the user's eyes.
    #[must_use]
    pub fn opening(self, opening: Opening) -> Self {
        self.config().opening = opening;
        self
    }

    /// Whether pages show a line of text while they are not connected, and say why. Off unless set: a page can make its
    /// own of `electron.connection`.
    #[must_use]
    pub fn connection_banner(self, shown: bool) -> Self {
        self.config().banner = shown;
        self
    }

    /// Whether pages load again when the application was restarted: for development. Off unless set: their scripts go on,
    /// with a `lost` event of `electron.connection`.
    #[must_use]
    pub fn reload_on_restart(self, reload: bool) -> Self {
        self.config().reload = reload;
        self
    }

    /// What the application's pages may load and run. Unless set, their own files and the scripts that are written in them:
    /// see [`ContentSecurityPolicy`]. Pages that another server serves, such as Trunk's, have that one's policy or none.
    #[must_use]
    pub fn content_security_policy(self, policy: ContentSecurityPolicy) -> Self {
        self.config().policy = policy;
        self
    }

    /// Whether pages are [cross-origin isolated](https://web.dev/articles/coop-coep), and have `SharedArrayBuffer`. Off unless
    /// set: they can't load pictures or scripts of sites then that don't agree to it, and windows that they open at other
    /// sites lose their opener. Browsers do it at secure addresses only: loopback, or `https`.
    #[must_use]
    pub fn cross_origin_isolated(self, isolated: bool) -> Self {
        self.config().isolated = isolated;
        self
    }

    /// For whom what comes and goes is compressed: for browsers on other machines, unless it says otherwise here.
    #[must_use]
    pub fn compression(self, compression: Compression) -> Self {
        self.config().compression = compression;
        self
    }

    /// The bounds of every conversation.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        *lock(&self.inner.limits) = limits;
        self
    }

    /// The bounds of those who come and go, which pages need not know.
    #[must_use]
    pub fn door_limits(self, limits: DoorLimits) -> Self {
        self.config().door_limits = limits;
        self
    }

    /// Applies the usual options of a program.
    #[must_use]
    pub fn command_line(self, line: &CommandLine) -> Self {
        let mut config = self.config();
        if let Some(page) = &line.page {
            config.files = Files::Folder(page.clone());
        }
        if let Some(port) = line.port {
            config.port = port;
        }
        if let Some(reach) = line.reach {
            config.reach = reach;
        }
        if let Some(certificate) = &line.tls {
            config.tls = Some(certificate.clone());
        }
        if let Some(opening) = line.opening {
            config.opening = opening;
        }
        if line.ephemeral {
            config.key = KeySource::Ephemeral;
        }
        config.origins.extend(line.origins.iter().cloned());
        drop(config);
        self
    }
}
