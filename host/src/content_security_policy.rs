//! What browsers are told that the application's pages may load and run.
//!
//! Source: [Content Security Policy Level 3](https://www.w3.org/TR/CSP3/).

/// The Content-Security-Policy that goes with every page which the host serves: by default one under which the page's
/// own files and the scripts that are written in it run, and nothing that is put into it at run time.
///
/// | directive | by default | so that |
/// |---|---|---|
/// | `default-src` | `'self'` | what has no directive of its own comes from the application |
/// | `script-src` | `'self' 'wasm-unsafe-eval'`, a nonce, the hashes of the page's inline scripts | the renderer's WebAssembly runs, and so do the page's own scripts; an injected `<script>`, `onclick=`, a `javascript:` URL, `eval` and `new Function` don't |
/// | `style-src` | `'self' 'unsafe-inline'` | frameworks may write styles, which run nothing |
/// | `img-src`, `media-src` | `'self' data: blob:` | pictures that a script makes are shown |
/// | `font-src` | `'self' data:` | fonts within a style sheet are found |
/// | `connect-src` | `'self' data: blob:` | the link works: `'self'` covers the socket, too; no script can send what it sees elsewhere |
/// | `worker-src` | `'self' blob:` | bundlers' workers run |
/// | `object-src` | `'none'` | there are no plug-ins |
/// | `base-uri`, `form-action` | `'self'` | no injected markup turns scripts or forms to another site |
/// | `frame-ancestors` | `'self'` | no other site shows the page in a frame |
///
/// A page that needs more says so in its main process:
///
/// ```
/// # fn sample() -> Result<(), exciton::BadPolicy> {
/// use exciton::{App, ContentSecurityPolicy};
///
/// let policy = ContentSecurityPolicy::new()
///     .allow("script-src", "https://cdn.example.com")?
///     // The event handlers that are written in the page, by their hashes.
///     .allow("script-src", "'unsafe-hashes'")?;
/// let app = App::new().content_security_policy(policy);
/// # drop(app);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentSecurityPolicy {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Directives, each with its sources.
    Made(Vec<(String, String)>),
    Text(String),
    None,
}

/// A text that can't stand in a Content-Security-Policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct BadPolicy {
    text: String,
    wanted: &'static str,
}

/// What stands in a page itself, each as a policy names it: `'sha256-…'`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inline {
    /// The texts of its `<script>`s.
    pub(crate) scripts: Vec<String>,
    /// The values of its event-handler attributes.
    pub(crate) handlers: Vec<String>,
}

impl ContentSecurityPolicy {
    /// The default policy.
    pub fn new() -> Self {
        let own = |(name, sources): &(&str, &str)| ((*name).to_owned(), (*sources).to_owned());
        Self { kind: Kind::Made(DEFAULT.iter().map(own).collect()) }
    }

    /// Exactly this text, for every page. Scripts that are written in a page run if the text lets them, and the renderer
    /// if it lets `'self'` and `'wasm-unsafe-eval'` run; `execute_javascript` needs `'unsafe-eval'`.
    ///
    /// # Errors
    /// It is empty, or has characters that no header may have.
    pub fn text(text: impl Into<String>) -> Result<Self, BadPolicy> {
        let text = text.into();
        if text.trim().is_empty() || !text.bytes().all(is_plain) {
            return Err(BadPolicy { text, wanted: "a policy of printable ASCII characters" });
        }
        Ok(Self { kind: Kind::Text(text) })
    }

    /// None at all: whatever gets into a page runs in it.
    pub fn none() -> Self {
        Self { kind: Kind::None }
    }

    /// Adds sources to a directive, which need not be there yet: `allow("script-src", "https://cdn.example.com")`.
    ///
    /// In `script-src`, `'unsafe-hashes'` brings the hashes of the event handlers that are written in the page, so that
    /// these run and no others. `'unsafe-inline'` takes the place of hashes and nonce: whatever is injected runs.
    /// `'unsafe-eval'` allows `eval` and `new Function`.
    ///
    /// # Errors
    /// The directive is no name, or the sources have a `;`, a `,`, or what isn't printable ASCII. A policy that is
    /// [`text`](Self::text) or [`none`](Self::none) has no directives to add to.
    pub fn allow(self, directive: &str, sources: &str) -> Result<Self, BadPolicy> {
        self.change(directive, sources, |old| {
            // Beside anything else it means nothing, and browsers warn.
            let old = if old == "'none'" { "" } else { old };
            format!("{old} {sources}").trim().to_owned()
        })
    }

    /// Puts these sources in the place of a directive's: `set("style-src", "'self'")`.
    ///
    /// # Errors
    /// As of [`allow`](Self::allow).
    pub fn set(self, directive: &str, sources: &str) -> Result<Self, BadPolicy> {
        self.change(directive, sources, |_| sources.trim().to_owned())
    }

    fn change(
        mut self,
        directive: &str,
        sources: &str,
        changed: impl FnOnce(&str) -> String,
    ) -> Result<Self, BadPolicy> {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if directive.is_empty() || !directive.bytes().all(is_name) {
            let wanted = "the name of a directive, such as script-src";
            return Err(BadPolicy { text: directive.to_owned(), wanted });
        }
        if !sources.bytes().all(|byte| is_plain(byte) && !matches!(byte, b';' | b',')) {
            let wanted = "a list of sources with spaces between them";
            return Err(BadPolicy { text: sources.to_owned(), wanted });
        }
        let Kind::Made(directives) = &mut self.kind else {
            let wanted = "a directive of this policy, which is one text or none";
            return Err(BadPolicy { text: directive.to_owned(), wanted });
        };
        match directives.iter_mut().find(|(name, _)| name == directive) {
            Some((_, old)) => *old = changed(old),
            None => directives.push((directive.to_owned(), changed(""))),
        }
        Ok(self)
    }

    /// Whether scripts run that have the page's nonce.
    pub(crate) fn has_nonce(&self) -> bool {
        self.value(&Inline::default(), "?").is_some_and(|value| value.contains("'nonce-?'"))
    }

    /// The header's value for a page; `None` for no header.
    pub(crate) fn value(&self, inline: &Inline, nonce: &str) -> Option<String> {
        let directives = match &self.kind {
            Kind::Made(directives) => directives,
            Kind::Text(text) => return Some(text.clone()),
            Kind::None => return None,
        };
        let mut texts = Vec::with_capacity(directives.len());
        for (name, sources) in directives {
            let mut text = format!("{name} {sources}").trim_end().to_owned();
            let has = |wanted: &str| sources.split(' ').any(|one| one.eq_ignore_ascii_case(wanted));
            // Beside a hash or a nonce it would mean nothing.
            if !has("'unsafe-inline'") {
                let is_script = name == "script-src" || name == "script-src-elem";
                let scripts = is_script.then_some(&inline.scripts).into_iter().flatten();
                let handlers =
                    has("'unsafe-hashes'").then_some(&inline.handlers).into_iter().flatten();
                if is_script && !nonce.is_empty() {
                    text.push_str(&format!(" 'nonce-{nonce}'"));
                }
                for hash in scripts.chain(handlers) {
                    text.push(' ');
                    text.push_str(hash);
                }
            }
            texts.push(text);
        }
        Some(texts.join("; "))
    }
}

impl Default for ContentSecurityPolicy {
    fn default() -> Self {
        Self::new()
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

const DEFAULT: &[(&str, &str)] = &[
    ("default-src", "'self'"),
    ("script-src", "'self' 'wasm-unsafe-eval'"),
    ("style-src", "'self' 'unsafe-inline'"),
    ("img-src", "'self' data: blob:"),
    ("media-src", "'self' data: blob:"),
    ("font-src", "'self' data:"),
    ("connect-src", "'self' data: blob:"),
    ("worker-src", "'self' blob:"),
    ("object-src", "'none'"),
    ("base-uri", "'self'"),
    ("form-action", "'self'"),
    ("frame-ancestors", "'self'"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn value(policy: &ContentSecurityPolicy) -> String {
        let inline =
            Inline { scripts: vec!["'sha256-S'".into()], handlers: vec!["'sha256-H'".into()] };
        policy.value(&inline, "N").unwrap()
    }

    fn directive(policy: &ContentSecurityPolicy, name: &str) -> String {
        let value = value(policy);
        let found = value.split("; ").find_map(|one| one.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_default().to_owned()
    }

    #[test]
    fn by_default_the_pages_own_scripts_run_and_no_handler_of_an_attribute() {
        let policy = ContentSecurityPolicy::default();
        let sources = "'self' 'wasm-unsafe-eval' 'nonce-N' 'sha256-S'";
        assert_eq!(directive(&policy, "script-src"), sources);
        assert_eq!(directive(&policy, "object-src"), "'none'");
        assert!(!value(&policy).contains("'sha256-H'"));
        let style = directive(&policy, "style-src");
        assert!(style.contains("'unsafe-inline'") && !style.contains("sha256"), "{style}");
        for name in ["frame-ancestors", "base-uri", "form-action", "default-src"] {
            assert_eq!(directive(&policy, name), "'self'", "{name}");
        }
    }

    #[test]
    fn what_is_allowed_is_added_and_what_is_set_replaces() {
        let policy = ContentSecurityPolicy::new()
            .allow("script-src", "https://cdn.example")
            .and_then(|policy| policy.allow("object-src", "'self'"))
            .and_then(|policy| policy.allow("frame-src", "https://a https://b"))
            .and_then(|policy| policy.set("style-src", "'self'"))
            .unwrap();
        let sources = "'self' 'wasm-unsafe-eval' https://cdn.example 'nonce-N' 'sha256-S'";
        assert_eq!(directive(&policy, "script-src"), sources);
        assert_eq!(directive(&policy, "object-src"), "'self'");
        assert_eq!(directive(&policy, "frame-src"), "https://a https://b");
        assert_eq!(directive(&policy, "style-src"), "'self'");
    }

    #[test]
    fn handlers_run_by_their_hashes_or_with_everything_else() {
        let with = |sources| ContentSecurityPolicy::new().set("script-src", sources).unwrap();
        let hashed = directive(&with("'self' 'unsafe-hashes'"), "script-src");
        assert_eq!(hashed, "'self' 'unsafe-hashes' 'nonce-N' 'sha256-S' 'sha256-H'");
        // A browser forgets 'unsafe-inline' if there is a hash or a nonce.
        let all = directive(&with("'self' 'Unsafe-Inline'"), "script-src");
        assert_eq!(all, "'self' 'Unsafe-Inline'");
    }

    #[test]
    fn a_given_text_is_sent_as_it_is_and_none_is_none() {
        let given = ContentSecurityPolicy::text("script-src 'self'; sandbox").unwrap();
        assert_eq!(value(&given), "script-src 'self'; sandbox");
        assert_eq!(ContentSecurityPolicy::none().value(&Inline::default(), "N"), None);
        let open = ContentSecurityPolicy::new().allow("script-src", "'unsafe-inline'").unwrap();
        for (policy, has) in [
            (ContentSecurityPolicy::new(), true),
            (ContentSecurityPolicy::none(), false),
            (given, false),
            (open, false),
        ] {
            assert_eq!(policy.has_nonce(), has, "{policy:?}");
        }
    }

    #[test]
    fn what_is_no_policy_is_named() {
        let new = ContentSecurityPolicy::new;
        for (wrong, named) in [
            (ContentSecurityPolicy::text(" "), "\" \" is not a policy"),
            (ContentSecurityPolicy::text("a\r\nset-cookie: b"), "is not a policy of printable"),
            (new().allow("script-src; sandbox", "*"), "is not the name of a directive"),
            (new().allow("", "*"), "is not the name of a directive"),
            (new().allow("script-src", "'self'; sandbox"), "is not a list of sources"),
            (new().set("script-src", "a,b"), "is not a list of sources"),
            (
                ContentSecurityPolicy::none().allow("script-src", "*"),
                "\"script-src\" is not a directive of",
            ),
        ] {
            let text = wrong.unwrap_err().to_string();
            assert!(text.contains(named), "{text}");
        }
    }
}
