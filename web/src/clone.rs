//! Values between Rust and the page's link: the wire's JSON as a string that JavaScript holds, or what it parsed.

use exciton_protocol::{Args, Call, Encoded, Frame, FrameError, Message, Packet, data_head};
use js_sys::{JsString, Uint8Array};
use wasm_bindgen::JsValue;

use crate::error::{Forbidden, IpcError, LimitReached, NoAnswer, RemoteError};
use crate::link::{blob_list, read_blobs};
use crate::web;

/// A packet for the link: its text and its blobs.
pub(crate) fn packet(packet: &Packet) -> (JsString, JsValue) {
    let mut text = String::new();
    packet.write(&mut text);
    let blobs: Vec<_> = packet.blobs().iter().map(|blob| Uint8Array::from(&**blob)).collect();
    (text.into(), blob_list(&blobs))
}

/// Messages in a row, by the JSON of their packets.
pub(crate) fn messages(list: &str) -> Result<Vec<Call>, FrameError> {
    let mut frame = data_head(0, 0);
    frame.pop();
    frame.push_str(list);
    frame.push(']');
    let Frame::Data { packets, .. } = Frame::decode(&Message::Text(frame.into()))? else {
        return Ok(Vec::new());
    };
    let calls = packets.into_iter().filter_map(|packet| match packet {
        Packet::Send(call) => Some(call),
        _ => None,
    });
    Ok(calls.collect())
}

/// Arguments that the link has parsed.
pub(crate) fn args(args: &JsValue, blobs: &JsValue) -> Result<Args, IpcError> {
    let Encoded { text, blobs } = value(args, blobs)?;
    Ok(Args::new(text, blobs))
}

/// A value that the link has parsed.
pub(crate) fn value(value: &JsValue, blobs: &JsValue) -> Result<Encoded, IpcError> {
    let text = String::from(web::write_json(value)?);
    let blobs = read_blobs(blobs).iter().map(|blob| blob.to_vec().into()).collect();
    Ok(Encoded { text: text.into(), blobs })
}

/// The error that a call came to: a `fail` packet's value. `channel` is an invoke's.
pub(crate) fn failure(channel: Option<&str>, error: &JsValue, blobs: &JsValue) -> IpcError {
    let text = |name| web::get(error, name).as_string().map(String::into_boxed_str);
    let message = text("message").unwrap_or_default();
    let (code, may_have_run) = (text("code"), web::get(error, "mayHaveRun").as_bool());
    // A handler's own error of such a code doesn't say whether it ran.
    let refused = code.as_deref().filter(|_| may_have_run == Some(false));
    if refused == Some("LIMIT") {
        let data = web::get(error, "data");
        let field = |name| web::whole(&web::get(&data, name)).unwrap_or_default();
        let (size, limit) = (field("found"), field("limit"));
        return IpcError::Limit(Box::new(LimitReached { message, size, limit }));
    }
    if refused == Some("FORBIDDEN") {
        let data = web::get(error, "data");
        let field = |name| web::get(&data, name).as_string().unwrap_or_default().into();
        let (channel, kind) = (field("channel"), field("kind"));
        return IpcError::Forbidden(Box::new(Forbidden { channel, kind, message }));
    }
    if let Some(may_have_run) = may_have_run {
        let code = code.unwrap_or_default();
        return IpcError::NoAnswer(Box::new(NoAnswer { message, code, may_have_run }));
    }
    let data = web::get(error, "data");
    let data = (!data.is_undefined())
        .then(|| value(&data, blobs).ok().and_then(|data| data.to_value().ok()))
        .flatten();
    IpcError::Remote(Box::new(RemoteError {
        channel: channel.map(Into::into),
        name: text("name").unwrap_or_else(|| "Error".into()),
        message,
        code,
        data,
    }))
}

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use exciton_protocol::{ErrorKind, ErrorValue, Graph, Map, Object, Set, Text, Value};
    use js_sys::JsString;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn a_value_that_javascript_has_parsed_is_what_it_was() {
        let mut graph = Graph::new();
        let (root, leaf) = (graph.node(), graph.node());
        let mut error = ErrorValue::new(ErrorKind::Uri, "bad");
        error.cause = Some(graph.link(root).into());
        graph.set(leaf, error).unwrap();
        let moved = [("b", graph.link(leaf)), ("1", graph.link(leaf))];
        let items = vec![
            Value::from(-0.0),
            Text::from_utf16(&[0xd800]).into(),
            Map::from_iter([(graph.link(leaf), Value::from(vec![1.0.into()]))]).into(),
            Set::from_iter([graph.link(root), graph.link(leaf)]).into(),
            Object::from_iter(moved).into(),
            Object::from_iter([("$", Value::Undefined)]).into(),
        ];
        graph.set(root, items).unwrap();
        let sent = graph.finish(root);
        let wire = Encoded::from_value(&sent).unwrap();
        let text = std::str::from_utf8(&wire.text).unwrap();
        let parsed = web::parse_json(&JsString::from(text)).unwrap();
        let came = value(&parsed, &JsValue::NULL).unwrap();
        assert_eq!(came.to_value().unwrap(), sent);
    }

    #[wasm_bindgen_test]
    fn a_call_that_was_refused_has_an_error_of_its_own() {
        let failed = |text: &str| {
            let error = web::parse_json(&JsString::from(text)).unwrap();
            failure(Some("x"), &error, &JsValue::NULL)
        };
        let refused = failed(
            r#"{"name":"Error","message":"no","code":"FORBIDDEN","data":{"channel":"x","kind":"invoke"},"mayHaveRun":false}"#,
        );
        assert_eq!(refused.to_string(), "Error invoking remote method 'x': Error: no");
        let IpcError::Forbidden(refused) = refused else { panic!("{refused}") };
        let Forbidden { channel, kind, message } = *refused;
        assert_eq!((&*channel, &*kind, &*message), ("x", "invoke", "no"));
        let past = failed(
            r#"{"name":"RangeError","message":"far","code":"LIMIT","data":{"found":9,"limit":8},"mayHaveRun":false}"#,
        );
        let IpcError::Limit(past) = past else { panic!("{past}") };
        assert_eq!((&*past.message, past.size, past.limit), ("far", 9, 8));
        // A handler's own.
        let own = failed(r#"{"name":"Error","message":"no","code":"FORBIDDEN"}"#);
        assert!(matches!(own, IpcError::Remote(_)), "{own}");
    }
}
