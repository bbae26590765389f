//! A page that doesn't keep to the rules: it writes what it likes, and looks what comes of it.

use axum::body::Bytes;
use exciton_protocol::{DATA_TAIL, Frame, Message, Packet, Seq, data_head};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message as Wire;

use super::{ANSWER, SimulatedBrowser, SimulatedPage, broken, wire};
use crate::error::Result;

impl SimulatedBrowser {
    /// Opens a connection and says nothing; returns the code with which the host closes it.
    ///
    /// # Errors
    /// When the host refuses it, or ends it without a code.
    pub async fn say_nothing(&self) -> Result<u16> {
        let request = self.socket_request()?;
        let connected = tokio_tungstenite::connect_async(request).await;
        let (mut socket, _) = connected.map_err(wire("opening a socket"))?;
        loop {
            match tokio::time::timeout(ANSWER, socket.next()).await {
                Ok(Some(Ok(Wire::Close(Some(frame))))) => return Ok(frame.code.into()),
                Ok(Some(Ok(_))) => {}
                other => return Err(broken(format!("no close came: {other:?}"))),
            }
        }
    }

    /// Sends a synchronous request with whatever body, and returns the answer's status.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn put_raw(&self, body: Bytes) -> Result<u16> {
        Ok(self.http.put("/_exciton/sync", Message::Text(body)).await?.0)
    }
}

impl SimulatedPage {
    /// Writes whatever it is given, as no renderer would: the text of a frame and its binary, and how many packets that is.
    /// What comes back, or how the connection ends, is found by [`next_packet`](Self::next_packet).
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn write_raw(
        &mut self,
        packets: u64,
        text: impl FnOnce(Seq) -> String,
        binary: &[u8],
    ) -> Result<()> {
        let text = text(self.next);
        self.next += packets;
        let message = if binary.is_empty() {
            Wire::text(text)
        } else {
            // No test writes 4 GiB.
            let head = (text.len() as u32).to_le_bytes();
            Wire::binary([&head, text.as_bytes(), binary].concat())
        };
        self.socket.send(message).await.map_err(wire("writing to the socket"))
    }

    /// Writes a batch of so many packets, whose text is made already, and waits until so many have come in answer. They are
    /// counted, not kept; what has come before is acknowledged with it, as by a page that always has something to say.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn exchange(&mut self, packets: &str, count: u64, answers: u64) -> Result<()> {
        let text = [&data_head(self.next, self.wanted), packets, DATA_TAIL].concat();
        self.next += count;
        let message = Wire::text(text);
        self.socket.send(message).await.map_err(wire("writing to the socket"))?;
        let mut missing = answers;
        while missing > 0 {
            if let Frame::Data { first, packets, .. } = self.read().await? {
                self.wanted = first + packets.len() as Seq;
                missing = missing.saturating_sub(packets.len() as u64);
                if let Some(other) = packets.iter().find(|one| !matches!(one, Packet::Reply(..))) {
                    return Err(broken(format!("{other:?} is no answer")));
                }
            }
        }
        Ok(())
    }

    /// Waits until the host is done with all that was sent. What else comes meanwhile is kept for
    /// [`next_packet`](Self::next_packet).
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn acknowledged(&mut self) -> Result<()> {
        loop {
            self.write(&Frame::Ping).await?;
            match self.read().await? {
                Frame::Ack(ack) if ack == self.next => return Ok(()),
                Frame::Ack(_) => {}
                frame => self.take(frame).await?,
            }
        }
    }
}
