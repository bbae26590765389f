//! What outlives a request.

use std::sync::Arc;

use axum::extract::OriginalUri;
use axum::http::Extensions;
use hyper::upgrade::OnUpgrade;

use super::guard::Visit;

/// What outer layers put into a request, for as long as its page lives. The request's address is a slice of the buffer that
/// its head was read into, 16 KiB, and would hold all of it: it is copied.
pub(super) fn lasting(mut extensions: Extensions) -> Extensions {
    // The guard's word, and the connection that is upgraded, are of the request only.
    extensions.remove::<Arc<Visit>>();
    extensions.remove::<OnUpgrade>();
    if let Some(OriginalUri(uri)) = extensions.remove::<OriginalUri>()
        && let Ok(own) = uri.to_string().parse()
    {
        extensions.insert(OriginalUri(own));
    }
    extensions
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use axum::http::Uri;
    use bytes::Bytes;

    #[test]
    fn what_is_kept_holds_no_buffer_of_the_request() {
        let head = Bytes::from(b"/_exciton/socket?a=b GET and much more".to_vec());
        let mut extensions = Extensions::new();
        extensions.insert(OriginalUri(Uri::from_maybe_shared(head.slice(..20)).unwrap()));
        extensions.insert("a layer's own");
        let kept = lasting(extensions);
        assert!(head.is_unique());
        assert_eq!(kept.get::<OriginalUri>().unwrap().0, "/_exciton/socket?a=b");
        assert_eq!(kept.get::<&str>(), Some(&"a layer's own"));
    }
}
