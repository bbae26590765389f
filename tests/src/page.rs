//! A small server of pages that are no host's: another origin, or a page to try the harness with.

use crate::error::{Result, io};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Pages = Arc<RwLock<HashMap<String, String>>>;

/// Serves given texts on a free port of 127.0.0.1 until it is dropped.
#[derive(Debug)]
pub struct PageServer {
    address: SocketAddr,
    pages: Pages,
    task: JoinHandle<()>,
}

impl PageServer {
    /// Serves `pages`: pairs of a path, such as `/` or `/page.js`, and its text. Paths that end in `.js`
    /// or `.mjs` are JavaScript, all others HTML. Nothing is cached.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(pages: &[(&str, &str)]) -> Result<PageServer> {
        let listener =
            TcpListener::bind("127.0.0.1:0").await.map_err(io("binding the page server"))?;
        let address = listener.local_addr().map_err(io("binding the page server"))?;
        let pages: HashMap<_, _> =
            pages.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let pages = Arc::new(RwLock::new(pages));
        let router = Router::new().fallback(answer).with_state(Pages::clone(&pages));
        let task = tokio::spawn(async move {
            // It ends by being aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(PageServer { address, pages, task })
    }

    /// Sets the text of a path from now on.
    pub fn set(&self, path: &str, text: &str) {
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        pages.insert(path.to_owned(), text.to_owned());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its origin, `http://127.0.0.1:<port>`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(pages): State<Pages>, request: Request) -> Response {
    let path = request.uri().path();
    let text = pages.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
    let Some(text) = text else {
        return (StatusCode::NOT_FOUND, format!("no page {path}")).into_response();
    };
    let script = path.ends_with(".js") || path.ends_with(".mjs");
    let kind = if script { "text/javascript" } else { "text/html; charset=utf-8" };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response()
}
