//! Every bound of a conversation, in one place.

use serde::{Deserialize, Serialize};

/// The bounds of a link. The host owns them and tells each page; both ends hold them.
///
/// Sizes are bytes, spans are milliseconds. On the wire the names are camelCase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Limits {
    /// Packets that a sender may have unacknowledged on the socket.
    pub window_packets: u32,
    /// Bytes that a sender may have unacknowledged on the socket.
    pub window_bytes: u32,
    /// Bytes that wait for the other end's acknowledgement before `send` refuses more: two of the largest packets, so that
    /// one may follow another, and what is small beside.
    pub outbox_bytes: u32,
    /// Bytes that wait for a page beside [`outbox_bytes`](Self::outbox_bytes): answers to its invokes, which can't be
    /// refused as messages are. As many, so that a page whose messages wait is answered all the same. The host's own
    /// business: what runs in pages doesn't have this field.
    #[cfg(not(target_arch = "wasm32"))]
    pub answer_bytes: u32,
    /// Invokes of one page without an answer yet.
    pub open_invokes: u32,
    /// Packets in one message of the socket: above about 1,000 a batch gains nothing more.
    pub batch_packets: u32,
    /// Bytes at which a batch is closed.
    pub batch_bytes: u32,
    /// Largest packet that travels whole: one of 2 MiB of data, with its channel around it. Cutting costs copies, and a
    /// message that takes longer than a page waits for signs of life is begun again.
    pub whole_bytes: u32,
    /// Bytes of one part of a bigger packet, and of a packet with attachments that travels whole; the last part may have
    /// an eighth more. Browsers' allocators give what is not much larger out again and again, while each larger piece is new
    /// memory, page by page.
    pub part_bytes: u32,
    /// Largest packet of all: one of 64 MiB of data, with what is around it.
    pub packet_bytes: u32,
    /// Nesting of a value: arrays and objects within each other.
    pub depth: u32,
    /// Bytes of a channel's name: it is compared, and written into the log.
    pub channel_bytes: u32,
    /// Arguments of one call: as many as JavaScript engines take from `...list`.
    pub arguments: u32,
    /// Values of one message, the keys of its objects among them: one for each eight bytes of the largest message. In
    /// memory a value takes many times the bytes that it may have on the wire.
    pub values: u32,
    /// Attachments of one message: buffers, each with a handle of its own.
    pub attachments: u32,
    /// Packets of one synchronous request: what a page can have sent in vain for minutes.
    pub sync_packets: u32,
    /// Frames of one page, beside its main frame.
    pub frames: u32,
    /// Synchronous requests of one page under way at once, each nested in the one before.
    pub nested_syncs: u32,
    /// Message ports of one page that are open at once, and those that one message hands over.
    pub ports: u32,
    /// Bytes that wait at a message port until it is started. Past them a post from this process is refused, and a page's
    /// closes the port.
    pub port_bytes: u32,
    /// How long a new connection may take to say hello: more than any network that is of use needs for one message.
    pub hello: u64,
    /// How long the other end may take to answer a close, before the connection is ended without an answer.
    pub close: u64,
    /// How long one synchronous request is held open: WebKit ends it at 10 s.
    pub sync_slice: u64,
    /// How long a `sendSync` waits in all before it throws.
    pub sync_total: u64,
    /// Between two pings of the host: proxies cut a silent connection after 55 s or more.
    pub ping: u64,
    /// Silence after which a page takes its socket for dead.
    pub silence: u64,
    /// How long the answer to a page's ping may take. A page that just woke asks at once, one that waits for an
    /// acknowledgement after half of it.
    pub probe: u64,
    /// How long consumed packets may stay unacknowledged when nothing else is sent.
    pub ack_delay: u64,
    /// Grace of a link whose page said `bye` and has no successor.
    pub grace_bye: u64,
    /// Grace of a link whose socket was closed without `bye`.
    pub grace_closed: u64,
    /// Grace of a link whose socket vanished without a close: sleep, network.
    pub grace_lost: u64,
    /// How long a host that quits goes on writing what its pages were sent before.
    pub drain: u64,
    /// Ended links that the host remembers, so that a late request can't bring one back to life.
    pub tombstones: u32,
}

impl Default for Limits {
    // Where it is inlined, each field costs every page some fifty bytes of its script.
    #[inline(never)]
    fn default() -> Self {
        Self {
            window_packets: 16_384,
            window_bytes: 4 * MIB,
            outbox_bytes: 136 * MIB,
            #[cfg(not(target_arch = "wasm32"))]
            answer_bytes: 136 * MIB,
            open_invokes: 65_536,
            batch_packets: 1_024,
            batch_bytes: MIB,
            whole_bytes: 2 * MIB + 64 * 1_024,
            part_bytes: MIB / 2,
            packet_bytes: 65 * MIB,
            depth: 1_000,
            channel_bytes: 1_024,
            arguments: 65_536,
            values: 8_388_608,
            attachments: 65_536,
            sync_packets: 1_048_576,
            frames: 1_000,
            nested_syncs: 16,
            ports: 16_384,
            port_bytes: 64 * MIB,
            hello: 10_000,
            close: 2_000,
            sync_slice: 5_000,
            sync_total: 30_000,
            ping: 20_000,
            silence: 45_000,
            probe: 5_000,
            ack_delay: 20,
            grace_bye: 3_000,
            grace_closed: 30_000,
            grace_lost: 300_000,
            drain: 2_000,
            tombstones: 4_096,
        }
    }
}

impl Limits {
    /// Bytes that a synchronous request may have: the whole outbox, the biggest packet, and its frames' headers.
    pub const fn sync_body_bytes(&self) -> usize {
        self.outbox_bytes as usize + self.packet_bytes as usize + MIB as usize
    }

    /// Parts that the largest packet may come in.
    pub const fn parts(&self) -> u32 {
        let part = if self.part_bytes == 0 { 1 } else { self.part_bytes };
        (self.packet_bytes / part).saturating_add(2)
    }

    /// Bytes that one message of the socket may have. A page counts a text's length as a bound of its UTF-8.
    pub const fn frame_bytes(&self) -> usize {
        let whole =
            if self.batch_bytes > self.whole_bytes { self.batch_bytes } else { self.whole_bytes };
        whole as usize + self.whole_bytes as usize + 64 * 1_024
    }
}

const MIB: u32 = 1_024 * 1_024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn limits_round_trip_and_missing_ones_take_their_default() {
        let limits = Limits { window_packets: 7, ..Limits::default() };
        let text = serde_json::to_string(&limits).unwrap();
        assert!(text.contains("\"windowPackets\":7"));
        assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
        assert_eq!(serde_json::from_str::<Limits>("{}").unwrap(), Limits::default());
    }

    #[test]
    fn one_batch_and_one_part_always_fit_into_the_window() {
        let limits = Limits::default();
        assert!(limits.batch_packets <= limits.window_packets);
        assert!(limits.batch_bytes + limits.whole_bytes <= limits.window_bytes);
        assert!(limits.part_bytes <= limits.window_bytes);
        assert!(2 * limits.packet_bytes < limits.outbox_bytes);
    }
}
