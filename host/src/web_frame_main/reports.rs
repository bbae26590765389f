//! What a page reports of its frames.

use std::sync::Arc;

use exciton_protocol::Call;

use super::frame::Facts;
use crate::document::{BadReport, Document};
use crate::event::Outlet;

/// `frame [number, parent, name, url, origin]`: a document was loaded in a frame.
pub(crate) fn came(document: &Arc<Document>, report: &Call) -> Result<(), BadReport> {
    let mut args = report.args.reader()?;
    let (number, parent) = (args.read()?, args.read()?);
    let facts = Facts { name: args.read()?, url: args.read()?, origin: args.read()? };
    let length = facts.name.len() + facts.url.len() + facts.origin.len();
    if length > FACTS {
        let text =
            format!("a frame's name and URL may have {FACTS} bytes, and these have {length}");
        return Err(BadReport::Refused(text));
    }
    let limit = document.bounds().frames;
    if document.frames().came(number, parent, facts, limit) {
        return Ok(());
    }
    Err(BadReport::Refused(format!("a page may have {limit} frames")))
}

/// Bytes that are kept of what a frame says of itself.
const FACTS: usize = 64 * 1_024;

/// `frame-left [number]`: the document in a frame has begun to unload.
pub(crate) fn left(document: &Arc<Document>, report: &Call) -> Result<(), BadReport> {
    document.frames().left(report.args.reader()?.read()?);
    Ok(())
}

/// `frame-back [number]`: it is shown again after all, from the browser's back/forward cache.
pub(crate) fn back(document: &Arc<Document>, report: &Call) -> Result<(), BadReport> {
    if let Some(frame) = document.frames().get(report.args.reader()?.read()?) {
        frame.come_back();
    }
    Ok(())
}

/// `frame-gone [number]`: a frame was removed.
pub(crate) fn gone(document: &Arc<Document>, report: &Call) -> Result<(), BadReport> {
    document.frames().gone(report.args.reader()?.read()?);
    Ok(())
}
