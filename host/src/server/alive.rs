//! `/_exciton/alive`: a page asks it before it opens a socket again, because browsers punish failing sockets and not failing
//! fetches.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) async fn alive() -> Response {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
