//! What an input says: letters as they are, and words for what chance doesn't find.

/// What only those know who are in.
#[derive(Default)]
pub(super) struct Secrets {
    /// Name and value.
    pub(super) cookie: String,
    pub(super) epoch: String,
    pub(super) ticket: String,
}

/// The bytes of an input as the host hears them.
pub(super) struct Said {
    pub(super) bytes: Vec<u8>,
    pub(super) shows_cookie: bool,
}

impl Said {
    /// Whether there is a whole request without a body, which deserves an answer.
    pub(super) fn asks(&self) -> bool {
        let text = self.bytes.trim_ascii_start().to_ascii_lowercase();
        let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
        // What could become a preface of HTTP 2 is read on.
        let preface = text.starts_with(b"pri *");
        has(b"\r\n\r\n") && !preface && !has(b"content-length") && !has(b"transfer-encoding")
    }
}

/// The length of what stands behind the next end of a head, to the end of the input.
const LENGTH: u8 = 0x86;
/// Makes a letter of the byte that follows.
const LETTER: u8 = 0xff;

/// `PUT /_exciton/sync` as a page sends it, without its cookie.
#[cfg(test)]
pub(super) const STRANGER: &[u8] = &[0x80, 0x81, 0x82, 0x84, 0x85, LENGTH, 0x87, 0x88];
#[cfg(test)]
pub(super) const COOKIE: u8 = 0x83;

/// The words of the bytes from 0x80 on; what is below is a letter. `{cookie}`, `{epoch}` and `{ticket}` stand for secrets.
const WORDS: &[&str] = &[
    "PUT /_exciton/sync HTTP/1.1\r\n",
    "host: 127.0.0.1:8124\r\n",
    "origin: http://127.0.0.1:8124\r\n",
    "cookie: {cookie}\r\n",
    "x-exciton: 1\r\n",
    "content-type: application/json\r\n",
    "content-length: ",
    "\r\n",
    r#"{"version":1,"link":"00000000000000000000000000000001","epoch":"{epoch}","ack":0,"fresh":true,"tab":{"tab":"","previous":"","left":"","nav":"navigate","url":"http://127.0.0.1:8124/"},"frames":[["data",0,0,[["send","prize",[]]]]]}"#,
    "GET /_exciton/socket HTTP/1.1\r\n",
    "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "GET /index.html HTTP/1.1\r\n",
    "GET /_exciton/enter/{ticket} HTTP/1.1\r\n",
    "GET /_exciton/boot HTTP/1.1\r\n",
    "GET /_exciton/electron.js HTTP/1.1\r\n",
    "GET /_exciton/preferences?tab=00000000000000000000000000000001 HTTP/1.1\r\n",
    "GET /_exciton/preload/0000000000000000/a.js HTTP/1.1\r\n",
    "GET /ui HTTP/1.1\r\n",
    "GET /page.js HTTP/1.1\r\n",
    "range: bytes=0-1\r\n",
    "transfer-encoding: chunked\r\n",
    "content-type: application/octet-stream\r\n",
    "sec-fetch-site: same-origin\r\n",
    "sec-fetch-site: cross-site\r\n",
    "sec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n",
    "host: localhost:8124\r\n",
    "origin: null\r\n",
    "referer: http://127.0.0.1:8124/\r\n",
    "cookie: exciton-8124=",
    "{epoch}",
    "{ticket}",
    "\"frames\":[",
    r#"["send","prize",["#,
    r#"["invoke","prize",["#,
    r#"["sync","prize",["#,
    r#"["report","frame",["#,
    r#"["hello",{"version":1,"link":"00000000000000000000000000000002","epoch":"{epoch}","attempt":1,"ack":0,"admitted":0,"fresh":true}]"#,
    r#"["data",0,0,[["send","prize",[]]]]"#,
    r#"["part",0,0,true,"#,
    r#"["ack",1]"#,
    r#"["ping"]"#,
    "../",
    "%2e%2e%2f",
    "outside",
    ".env",
    " HTTP/1.1\r\n",
    "accept: text/html\r\n",
    "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "expect: 100-continue\r\n",
    "sec-purpose: prefetch\r\n",
    r#"{"$":"def","v":"#,
    r#"{"$":"ref","v":0}"#,
    "HEAD ",
    "POST ",
    "sec-websocket-extensions: permessage-deflate\r\n",
    "accept-encoding: gzip\r\n",
];

/// Frames of a WebSocket begin with these: the rest of the input is one message, its length and mask are put right.
const TEXT_FRAME: u8 = 0xf0;
const BINARY_FRAME: u8 = 0xf1;
/// Ends such a message.
const FRAME_END: u8 = 0xf2;
/// The same for a compressed message: what follows is its stream.
const PACKED_FRAME: u8 = 0xf3;
/// The same: what follows is what comes of it.
const STORED_FRAME: u8 = 0xf4;

/// A page's handshake without its cookie, its hello and a message, the latter two compressed.
#[cfg(test)]
pub(super) const COMPRESSED: &[u8] =
    &[0x89, 0x81, 0x82, 0x8a, 0xb6, 0x87, STORED_FRAME, 0xa4, STORED_FRAME, 0xa5];

/// Spells an input out.
pub(super) fn spelled(data: &[u8], secrets: &Secrets) -> Said {
    let mut bytes = Vec::new();
    let (mut length_at, mut frame) = (None, None);
    let mut letters = data.iter().copied();
    while let Some(byte) = letters.next() {
        match byte {
            LETTER => bytes.extend(letters.next()),
            LENGTH => {
                bytes.extend_from_slice(b"content-length: ");
                length_at = Some(bytes.len());
                bytes.extend_from_slice(b"\r\n");
            }
            TEXT_FRAME | BINARY_FRAME => {
                close(&mut bytes, frame.take());
                frame = Some((byte - TEXT_FRAME + 0x81, bytes.len()));
            }
            PACKED_FRAME | STORED_FRAME => {
                close(&mut bytes, frame.take());
                frame = Some((if byte == PACKED_FRAME { PACKED } else { STORED }, bytes.len()));
            }
            FRAME_END => close(&mut bytes, frame.take()),
            0x80.. => {
                let word = WORDS[usize::from(byte - 0x80) % WORDS.len()];
                let word = word
                    .replace("{cookie}", &secrets.cookie)
                    .replace("{epoch}", &secrets.epoch)
                    .replace("{ticket}", &secrets.ticket);
                bytes.extend_from_slice(word.as_bytes());
            }
            letter => bytes.push(letter),
        }
    }
    close(&mut bytes, frame);
    if let Some(at) = length_at {
        let head = bytes[at..].windows(4).position(|four| four == b"\r\n\r\n");
        let body = head.map_or(0, |head| bytes.len() - at - head - 4);
        bytes.splice(at..at, body.to_string().into_bytes());
    }
    let cookie = secrets.cookie.as_bytes();
    let shows_cookie = bytes.windows(cookie.len()).any(|part| part == cookie);
    Said { bytes, shows_cookie }
}

/// The first byte of a compressed text's frame, and what stands for it where the text is stored in one block.
const PACKED: u8 = 0xc1;
const STORED: u8 = 0;

/// Makes a frame (RFC 6455 §5.2), under a mask of zeros, of what stands behind its beginning.
fn close(bytes: &mut Vec<u8>, frame: Option<(u8, usize)>) {
    let Some((mut kind, at)) = frame else { return };
    if kind == STORED {
        kind = PACKED;
        // RFC 1951 §3.2.4, and the byte that RFC 7692 §7.2.1 leaves of the block behind it.
        let length = u16::try_from(bytes.len() - at).unwrap_or(u16::MAX);
        let [low, high] = length.to_le_bytes();
        bytes.splice(at..at, [0, low, high, !low, !high]);
        bytes.push(0);
    }
    let length = bytes.len() - at;
    let mut head = vec![kind];
    match u16::try_from(length) {
        Ok(short) if short < 126 => head.push(0x80 | short.to_be_bytes()[1]),
        Ok(medium) => {
            head.push(0x80 | 126);
            head.extend(medium.to_be_bytes());
        }
        Err(_) => {
            head.push(0x80 | 127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head.extend([0; 4]);
    bytes.splice(at..at, head);
}
