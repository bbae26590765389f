//! The requests of a simulated browser.

use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use exciton_protocol::Message;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{broken, wire};
use crate::error::Result;

/// A client with the cookie that the way in has given it.
#[derive(Debug)]
pub(super) struct Http {
    client: Client<HttpConnector, Body>,
    origin: String,
    cookie: String,
}

impl Http {
    pub(super) async fn enter(url: &str) -> Result<Self> {
        let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut http = Self { client, origin, cookie: String::new() };
        let path = url.strip_prefix(&http.origin).unwrap_or_default();
        let response = http.ask(Method::GET, path, Body::empty(), "").await?;
        let cookie = response.headers().get(header::SET_COOKIE).and_then(|set| set.to_str().ok());
        let cookie = cookie.and_then(|set| set.split(';').next());
        http.cookie =
            cookie.ok_or_else(|| broken(format!("no cookie: {}", response.status())))?.to_owned();
        Ok(http)
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(super) async fn status(&self, path: &str) -> Result<u16> {
        let response = self.ask(Method::GET, path, Body::empty(), "").await?;
        Ok(response.status().as_u16())
    }

    /// What goes with a page's own requests.
    pub(super) fn headers(&self) -> [(&'static str, &str); 2] {
        [("cookie", &self.cookie), ("origin", &self.origin)]
    }

    pub(super) async fn get(&self, path: &str) -> Result<String> {
        let response = self.ask(Method::GET, path, Body::empty(), "").await?;
        let text = bytes(response).await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Returns the status and the body.
    pub(super) async fn put(&self, path: &str, body: Message) -> Result<(u16, Message)> {
        let (kind, body) = match body {
            Message::Text(text) => ("application/json", text),
            Message::Binary(bytes) => ("application/octet-stream", bytes),
        };
        let response = self.ask(Method::PUT, path, Body::from(body), kind).await?;
        let status = response.status().as_u16();
        let binary = response.headers().get(header::CONTENT_TYPE);
        let binary = binary.is_some_and(|kind| kind == "application/octet-stream");
        let bytes = bytes(response).await?.into();
        Ok((status, if binary { Message::Binary(bytes) } else { Message::Text(bytes) }))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Body,
        kind: &str,
    ) -> Result<Response<Body>> {
        let mut request = Request::builder().method(method).uri(self.url(path));
        if !self.cookie.is_empty() {
            for (name, value) in self.headers() {
                request = request.header(name, value);
            }
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind).header("x-exciton", "1");
        }
        let request = request.body(body).map_err(wire("a request"))?;
        let response = self.client.request(request).await.map_err(wire("a request"))?;
        Ok(response.map(Body::new))
    }
}

async fn bytes(response: Response<Body>) -> Result<Vec<u8>> {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    Ok(body.map_err(wire("a response"))?.to_vec())
}
