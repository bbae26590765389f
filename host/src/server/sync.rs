//! `PUT /_exciton/sync`: a page's synchronous request, and its `bye`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exciton_protocol::{
    Frame, LinkLost, Message, Seq, SyncAnswer, SyncHead, SyncRequest, SyncState, VERSION,
};

use super::body::read_whole;
use super::lasting::lasting;
use super::room::{Room, Taken};
use super::socket;
use crate::document::{Document, Refusal, Way, may_call_here};
use crate::links::{Links, NoLink, Visit};

/// The route's handler. The guard has let the request in.
pub(crate) async fn sync(State(links): State<Arc<Links>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (headers, mut extensions) = (parts.headers, parts.extensions);
    let room = match extensions.remove::<Room>() {
        Some(room) => Some(room.take(body.size_hint().exact()).await),
        None => None,
    };
    let pause = Duration::from_millis(links.door_limits.body_pause);
    let body = match read_whole(body, links.limits.sync_body_bytes(), pause).await {
        Ok(body) => body,
        Err(status) => {
            if status != StatusCode::BAD_REQUEST {
                links.too_much();
            }
            tracing::warn!(%status, "the body of a synchronous request is refused");
            return status.into_response();
        }
    };
    let binary =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream");
    let message = if binary { Message::Binary(body) } else { Message::Text(body) };
    let request = match SyncRequest::decode_within(&message, &links.limits) {
        Ok(request) if request.head.version == VERSION => request,
        Ok(request) => {
            return fault(&format!(
                "version {} of the wire is not spoken here",
                request.head.version
            ));
        }
        Err(error) => return fault(&error.to_string()),
    };
    let size = message.len();
    drop(message);
    // Only a fresh page begins something that lasts.
    let extensions = if request.head.fresh { lasting(extensions) } else { extensions };
    match serve(&links, &extensions, socket::said_origin(&headers), request, size, room).await {
        Ok(Some(answer)) => respond(&answer),
        Ok(None) => {
            let mut response =
                fault("this browser has too many pages open (DoorLimits::links)").into_response();
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
        Err(refusal) => fault(&refusal.to_string()),
    }
}

/// The answer; `None` if the browser has too many links for one more.
async fn serve(
    links: &Arc<Links>,
    extensions: &Extensions,
    origin: &str,
    request: SyncRequest,
    size: usize,
    room: Option<Taken>,
) -> Result<Option<SyncAnswer>, Refusal> {
    let head = &request.head;
    let first = request.frames.first().map(|frame| match frame {
        Frame::Data { first, .. } => *first,
        Frame::Part { seq, .. } => *seq,
        _ => 0,
    });
    // A page that only waits has had an answer, and begins nothing.
    let fresh = head.fresh && first.is_some();
    let (link, epoch, tab, leaving) = (head.link, head.epoch, &head.tab, head.bye);
    let visit = Visit { link, epoch, fresh, first, leaving, tab, extensions, origin };
    let document = match links.visit(&visit) {
        Ok(document) => document,
        Err(NoLink::Lost(why)) => return Ok(Some(SyncAnswer::Lost { why, admitted: false })),
        Err(NoLink::TooMany) => return Ok(None),
    };
    // A page that is back from the back/forward cache may call before its socket is open again.
    if !request.head.bye && document.lock().frozen {
        links.thaw(&document, &lasting(extensions.clone()));
    }
    if let Some(first) = first.filter(|_| head.bye) {
        its_turn(links, &document, first).await;
    }
    let SyncRequest { head, frames } = request;
    // What the page has waited for so far is taken, or was here before: it waits for the answer without its body.
    let admitted = admit(&document, &head, frames, size);
    drop(room);
    // What was taken before a frame that is refused is run all the same.
    if document.has_lone() {
        let seq = head.seq;
        if document.is_swift() && may_call_here() {
            call(links, &document, seq);
        } else {
            // By a task of its own: this one waits for the answer no longer than it may.
            let (links, document) = (links.clone(), document.clone());
            tokio::spawn(async move { call(&links, &document, seq) });
        }
    }
    if let Some(why) = admitted? {
        return Ok(Some(SyncAnswer::Lost { why, admitted: false }));
    }
    let Some(seq) = head.seq.filter(|_| !head.bye) else {
        return Ok(Some(SyncAnswer::Pending(state(links, &document))));
    };
    if let Some(answer) = look(links, &document, seq) {
        return Ok(Some(answer));
    }
    let _asking = document.asks();
    Ok(Some(wait(links, &document, seq).await))
}

/// Makes the lone call. An answer that is here then tells the page how far its host is; else that is the connection's to write.
fn call(links: &Links, document: &Arc<Document>, seq: Option<Seq>) {
    document.call_lone(&links.lone);
    let state = document.lock();
    let is_answered = seq.is_some_and(|seq| matches!(state.link.answer_of(seq), Some(Some(_))));
    let is_told = is_answered && !state.link.wants_to_write();
    drop(state);
    document.answered.notify_waiters();
    if !is_told {
        document.outgoing.notify_one();
    }
}

/// A page that leaves sends what it has by several requests that nothing keeps in order: one that is too early waits.
async fn its_turn(links: &Links, document: &Document, first: Seq) {
    let deadline = tokio::time::Instant::now() + Duration::from_millis(links.limits.grace_bye);
    loop {
        let notified = document.arrived.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if document.is_next(first) || tokio::time::timeout_at(deadline, notified).await.is_err() {
            return;
        }
    }
}

/// Takes the request's packets; says if the link is over.
fn admit(
    document: &Arc<Document>,
    head: &SyncHead,
    frames: Vec<Frame>,
    size: usize,
) -> Result<Option<LinkLost>, Refusal> {
    let calls = socket::may_call();
    let mut state = document.lock();
    if let Some(why) = state.over {
        return Ok(Some(why));
    }
    state.link.handle_sync(head.ack, &head.got, document.now())?;
    let share = size / frames.len().max(1);
    for frame in frames {
        document.take(&mut state, Way::Sync, calls, frame, share)?;
    }
    // What a page in the back/forward cache sends on its way there is no goodbye.
    if head.bye && !state.frozen {
        document.said_goodbye(&mut state);
    }
    drop(state);
    document.heard();
    Ok(None)
}

/// Waits for the answer, for as long as one request may be held open.
async fn wait(links: &Links, document: &Document, seq: Seq) -> SyncAnswer {
    let deadline = tokio::time::Instant::now() + Duration::from_millis(links.limits.sync_slice);
    let mut pause = UNTOLD;
    loop {
        let notified = document.answered.notified();
        tokio::pin!(notified);
        // From here on no answer is missed, though it is looked for only now.
        notified.as_mut().enable();
        if let Some(answer) = look(links, document, seq) {
            return answer;
        }
        let now = tokio::time::Instant::now();
        if now >= deadline {
            return SyncAnswer::Pending(state(links, document));
        }
        let until = if document.is_lone(seq) { deadline.min(now + pause) } else { deadline };
        if tokio::time::timeout_at(until, notified).await.is_err() {
            pause *= 2;
        }
    }
}

/// A lone call tells of its answer when it is through. One that goes on behind its answer is looked at after so long.
const UNTOLD: Duration = Duration::from_millis(2);

fn look(links: &Links, document: &Document, seq: Seq) -> Option<SyncAnswer> {
    let mut state = document.lock();
    if let Some(why) = state.over {
        return Some(SyncAnswer::Lost { why, admitted: true });
    }
    let outcome = state.link.answer_of(seq)??;
    let outcome = match outcome {
        Ok(value) => Ok(value.clone()),
        Err(error) => Err(error.encode()),
    };
    let position = position(links, document, &mut state);
    Some(SyncAnswer::Done { state: position, seq, outcome })
}

fn state(links: &Links, document: &Document) -> SyncState {
    position(links, document, &mut document.lock())
}

fn position(links: &Links, document: &Document, state: &mut crate::document::State) -> SyncState {
    SyncState {
        epoch: links.epoch,
        ack: state.link.tell(),
        admitted: state.link.admitted(),
        tab: document.tab(),
    }
}

fn respond(answer: &SyncAnswer) -> Response {
    let (kind, body) = match answer.encode() {
        Ok(Message::Text(text)) => ("application/json", text),
        // A page may not ask for bytes here: so each of them comes as a character of its own.
        Ok(Message::Binary(bytes)) => ("application/octet-stream; charset=x-user-defined", bytes),
        Err(error) => return fault(&error.to_string()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::OK);
    // With room for those that follow.
    response.headers_mut().reserve(HEADERS);
    for (name, value) in head(kind) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// As many as an answer has.
const HEADERS: usize = 10;

/// The page broke a rule of the wire.
fn fault(message: &str) -> Response {
    tracing::warn!(error = message, "a synchronous request is refused");
    let body = serde_json::json!({ "error": { "name": "Error", "message": message } });
    (StatusCode::BAD_REQUEST, head("application/json"), body.to_string()).into_response()
}

fn head(kind: &'static str) -> [(header::HeaderName, &'static str); 3] {
    [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
}
