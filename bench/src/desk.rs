//! Where pages report: a small server of the bench's own, so that nothing watches the pages while they are measured.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Outcome;

/// A page that says nothing for so long has come to nothing.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a page says at its end.
#[derive(Deserialize, Debug)]
pub struct Report {
    id: u64,
    /// Figures by the measure's name.
    #[serde(default)]
    pub measures: BTreeMap<String, f64>,
    /// Messages that never came, by the measure's name.
    #[serde(default)]
    pub lost: BTreeMap<String, u64>,
    /// Why a measure has no figure.
    #[serde(default)]
    pub failed: BTreeMap<String, String>,
    /// Whether the browser gave the page its finer clock; absent where it doesn't matter.
    #[serde(default)]
    pub isolated: Option<bool>,
}

/// The running server.
pub struct Desk {
    origin: String,
    reports: mpsc::UnboundedReceiver<Report>,
    pages: u64,
    task: JoinHandle<()>,
}

impl Desk {
    /// On a free port of loopback.
    pub async fn start() -> Outcome<Desk> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (sender, reports) = mpsc::unbounded_channel();
        let router = Router::new().route("/", post(take)).with_state(sender);
        let task = tokio::spawn(async move {
            // It ends by being aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Desk { origin, reports, pages: 0, task })
    }

    /// The query of the next page's address.
    pub fn next_page(&mut self, mode: &str, scale: f64) -> String {
        self.pages += 1;
        format!("mode={mode}&scale={scale}&id={}&desk={}/", self.pages, self.origin)
    }

    /// What the latest page says. A late word of an earlier one is passed over.
    pub async fn report(&mut self) -> Outcome<Report> {
        let latest = async {
            while let Some(report) = self.reports.recv().await {
                if report.id == self.pages {
                    return Ok(report);
                }
            }
            Err("the desk is closed".into())
        };
        match tokio::time::timeout(PATIENCE, latest).await {
            Ok(report) => report,
            Err(_) => Err(format!("a page said nothing for {PATIENCE:?}").into()),
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// It comes as plain text, from another origin.
async fn take(
    State(reports): State<mpsc::UnboundedSender<Report>>,
    body: String,
) -> impl IntoResponse {
    let status = match serde_json::from_str(&body).map(|report| reports.send(report)) {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        Ok(Err(_closed)) => StatusCode::GONE,
        Err(error) => {
            eprintln!("a page's report can't be read: {error}");
            StatusCode::BAD_REQUEST
        }
    };
    (status, [("access-control-allow-origin", "*")])
}
