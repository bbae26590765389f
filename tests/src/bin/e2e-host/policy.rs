//! The policy that goes with the pages.

use exciton::{App, ContentSecurityPolicy, Result};

/// `none`, or what scripts may come from, beside the default policy's; that one unless set.
const POLICY: &str = "E2E_POLICY";

/// Sets it.
pub(crate) fn set(app: App) -> Result<App> {
    Ok(match std::env::var(POLICY).as_deref() {
        Ok("none") => app.content_security_policy(ContentSecurityPolicy::none()),
        Ok(scripts) => {
            app.content_security_policy(ContentSecurityPolicy::new().allow("script-src", scripts)?)
        }
        Err(_) => app,
    })
}
