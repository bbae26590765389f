//! What a browser offers, and what is answered.

use axum::http::{HeaderMap, HeaderValue, header};

/// The answer to a handshake with these headers; `None` if nothing is offered that can be kept.
pub(in crate::server) fn agreed(headers: &HeaderMap) -> Option<HeaderValue> {
    let values = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
    let mut offers = values.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    offers.any(can_be_kept).then(|| HeaderValue::from_static(ANSWER))
}

/// RFC 7692 §5.1: an offer with a parameter that isn't known, or twice the same one, is declined.
fn can_be_kept(offer: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return false;
    }
    let mut seen = Vec::new();
    parts.all(|part| {
        let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| {
            (name.trim(), Some(value.trim().trim_matches('"')))
        });
        let is_first = !seen.contains(&name);
        seen.push(name);
        let is_known = match name {
            "server_no_context_takeover" | "client_no_context_takeover" => value.is_none(),
            // How far back a browser's own compressor looks; any is within what is inflated here.
            "client_max_window_bits" => {
                value.is_none_or(|bits| (8..=15).any(|known| bits == known.to_string()))
            }
            // The compressor here looks back as far as there is.
            "server_max_window_bits" => value == Some("15"),
            _ => false,
        };
        is_first && is_known
    })
}

/// A server may ask for both, whatever was offered (RFC 7692 §7.1.1).
const ANSWER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answer(offers: &[&str]) -> Option<HeaderValue> {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(header::SEC_WEBSOCKET_EXTENSIONS, offer.parse().unwrap());
        }
        agreed(&headers)
    }

    #[test]
    fn what_browsers_offer_is_agreed_to() {
        for offers in [
            &["permessage-deflate"][..],
            &["permessage-deflate; client_max_window_bits"],
            &["permessage-deflate;client_max_window_bits=\"10\" ; server_no_context_takeover"],
            &["permessage-deflate; server_max_window_bits=10, permessage-deflate"],
            &["permessage-deflate; server_max_window_bits=15"],
            &["x-webkit-deflate-frame", "permessage-deflate"],
        ] {
            assert_eq!(answer(offers).unwrap(), ANSWER, "{offers:?}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_declined() {
        for offers in [
            &[][..],
            &[""],
            &["deflate"],
            &["permessage-bzip2"],
            &["permessage-deflate-x"],
            &["permessage-deflate; server_max_window_bits=10"],
            &["permessage-deflate; server_max_window_bits"],
            &["permessage-deflate; client_max_window_bits=16"],
            &["permessage-deflate; client_max_window_bits=08"],
            &["permessage-deflate; client_no_context_takeover=1"],
            &["permessage-deflate; client_max_window_bits; client_max_window_bits=10"],
            &["permessage-deflate; level=9"],
            &["permessage-deflate;"],
        ] {
            assert_eq!(answer(offers), None, "{offers:?}");
        }
    }
}
