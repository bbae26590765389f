//! The console of Chromium and Firefox, by WebDriver BiDi's `log.entryAdded`
//! (<https://w3c.github.io/webdriver-bidi/#event-log-entryAdded>).

use crate::Engine;
use crate::error::{Error, Result};
use crate::lines::Lines;
use fantoccini::Client;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const SUBSCRIBE: Duration = Duration::from_secs(60);

/// Follows the console of all pages of the session, from now on.
pub(crate) async fn follow_console(engine: Engine, client: &Client) -> Result<Lines> {
    let failed = |reason: String| Error::Console { engine, reason };
    let url = client
        .capabilities()
        .and_then(|capabilities| capabilities.get("webSocketUrl")?.as_str())
        .ok_or_else(|| failed("the session has no webSocketUrl".to_owned()))?;
    let (mut socket, _) = tokio_tungstenite::connect_async(url)
        .await
        .map_err(|error| failed(format!("connecting to {url}: {error}")))?;
    let subscribe = json!({
        "id": 1,
        "method": "session.subscribe",
        "params": { "events": ["log.entryAdded"] },
    });
    socket
        .send(Message::text(subscribe.to_string()))
        .await
        .map_err(|error| failed(format!("subscribing: {error}")))?;

    let lines = Lines::new(format!("{engine}'s console"));
    let subscribed = async {
        while let Some(Ok(message)) = socket.next().await {
            let message = parse(&message);
            if message["id"] == 1 {
                return (message["type"] == "success").then_some(()).ok_or(message.to_string());
            }
            lines.extend(entry(&message));
        }
        Err("it was closed".to_owned())
    };
    tokio::time::timeout(SUBSCRIBE, subscribed)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {SUBSCRIBE:?}")))
        .map_err(|reason| failed(format!("subscribing: {reason}")))?;

    let writer = lines.clone();
    // Ends when the browser does, or with the test's runtime.
    tokio::spawn(async move {
        while let Some(Ok(message)) = socket.next().await {
            writer.extend(entry(&parse(&message)));
        }
        writer.end();
    });
    Ok(lines)
}

fn parse(message: &Message) -> Value {
    message.to_text().ok().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The console line of a `log.entryAdded` event.
fn entry(message: &Value) -> Option<String> {
    if message["method"] != "log.entryAdded" {
        return None;
    }
    let entry = &message["params"];
    let text = entry["text"].as_str().unwrap_or_default();
    Some(match (entry["type"].as_str(), entry["level"].as_str()) {
        (Some("javascript"), Some("error")) => format!("uncaught: {text}"),
        (_, Some("error")) => format!("error: {text}"),
        (_, Some("warn")) => format!("warning: {text}"),
        _ => text.to_owned(),
    })
}
