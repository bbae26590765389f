//! The body of a request, whole: not more than there may be, and not slower.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;
use bytes::BytesMut;
use futures_util::{FutureExt, StreamExt};

/// Reads a body of at most so many bytes that never pauses for so long.
///
/// # Errors
/// 413 if it is larger, 408 if it is slower, 400 if it ends too early.
pub(super) async fn read_whole(
    body: Body,
    most: usize,
    pause: Duration,
) -> Result<Bytes, StatusCode> {
    // What says beforehand how much it is need not come at all.
    if body.size_hint().lower() > most as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    let mut first: Option<Bytes> = None;
    loop {
        // Most of it came with its head, and waits for no timer.
        let next = match chunks.next().now_or_never() {
            Some(next) => next,
            None => tokio::time::timeout(pause, chunks.next())
                .await
                .map_err(|_| StatusCode::REQUEST_TIMEOUT)?,
        };
        let chunk = match next {
            Some(Err(_)) => return Err(StatusCode::BAD_REQUEST),
            Some(Ok(chunk)) => chunk,
            // A body of one piece is not copied.
            None => return Ok(first.unwrap_or_else(|| whole.freeze())),
        };
        if whole.len() + first.as_ref().map_or(0, Bytes::len) + chunk.len() > most {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if whole.is_empty() && first.is_none() {
            first = Some(chunk);
            continue;
        }
        if let Some(first) = first.take() {
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&chunk);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures_util::stream;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    /// A body of pieces, each after a pause.
    fn body(pieces: &'static [(u64, &'static str)]) -> Body {
        Body::from_stream(stream::iter(pieces).then(|(pause, piece)| async move {
            tokio::time::sleep(Duration::from_millis(*pause)).await; // sleeps on purpose: on virtual time
            Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_comes_whole_up_to_the_limit() {
        for pieces in [&[][..], &[(0, "abc")], &[(0, "a"), (29_999, "b"), (29_999, "c")]] {
            let whole = read_whole(body(pieces), 3, PAUSE).await.unwrap();
            assert_eq!(whole, pieces.iter().map(|(_, piece)| *piece).collect::<String>());
        }
        for pieces in [&[(0, "abcd")][..], &[(0, "ab"), (0, "cd")], &[(0, "abc"), (0, "d")]] {
            let refused = read_whole(body(pieces), 3, PAUSE).await;
            assert_eq!(refused, Err(StatusCode::PAYLOAD_TOO_LARGE), "{pieces:?}");
        }
        let refused = read_whole(Body::from("abcd"), 3, PAUSE).await;
        assert_eq!(refused, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_for_too_long_is_given_up() {
        for pieces in [&[(30_001, "a")][..], &[(0, "a"), (30_001, "b")]] {
            let refused = read_whole(body(pieces), 3, PAUSE).await;
            assert_eq!(refused, Err(StatusCode::REQUEST_TIMEOUT), "{pieces:?}");
        }
    }
}
