//! JSON-RPC by jsonrpsee.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use jsonrpsee::RpcModule;
use jsonrpsee::core::SubscriptionError;
use jsonrpsee::server::{Methods, Server, ServerConfig, stop_channel};
use serde_json::value::RawValue;
use tower::Service;

use super::{Counter, LARGEST, serve};
use crate::Outcome;

/// Answers and notifications that wait for the socket.
const WAITING: u32 = 1 << 18;

pub async fn host(files: &Path) -> Outcome<()> {
    let (listener, origin) = serve::bind().await?;
    let config = ServerConfig::builder()
        .max_request_body_size(LARGEST as u32)
        .max_response_body_size(LARGEST as u32)
        .max_connections(100_000)
        .set_message_buffer_capacity(WAITING)
        .build();
    // The service lives as long as this.
    let (stop, _server) = stop_channel();
    let builder = Server::builder().set_config(config).to_service_builder();
    let service = builder.build(methods()?, stop);
    let call = move |request: Request| {
        let mut service = service.clone();
        async move {
            match service.call(request).await {
                Ok(answer) => answer.map(Body::new),
                Err(error) => wrong(&error.to_string()),
            }
        }
    };
    let router = serve::files(files)?.route("/rpc", any(call));
    serve::serve(listener, &format!("{origin}/"), router).await
}

fn wrong(error: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_owned()).into_response()
}

fn methods() -> Outcome<Methods> {
    let mut module = RpcModule::new(Arc::new(Counter::default()));
    module.register_method("echo", |params, _, _| params.one::<u64>())?;
    module.register_method("binary", |params, _, _| params.one::<String>())?;
    module.register_method("json", |params, _, _| params.one::<Box<RawValue>>())?;
    module.register_method("count", |_, counter, _| counter.count())?;
    module.register_method("counted", |params, counter, _| {
        params.one::<u64>().map(|wanted| counter.counted(wanted))
    })?;
    module.register_subscription(
        "flood",
        "push",
        "unflood",
        |params, pending, _, _| async move {
            let count = params.one::<u64>()?;
            let sink = pending.accept().await?;
            for number in 0..count {
                sink.send(serde_json::value::to_raw_value(&number)?).await?;
            }
            Ok::<_, SubscriptionError>(())
        },
    )?;
    Ok(module.into())
}
