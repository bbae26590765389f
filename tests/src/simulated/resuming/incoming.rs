//! What comes to the page.

use exciton_protocol::{Admit, Frame, Packet};

use super::conn::Event;
use super::{News, ResumingPage};

impl ResumingPage {
    pub(super) fn take(&mut self, conn: u64, event: Event) {
        let (now, entropy) = (self.now(), fastrand::u32(..));
        match event {
            Event::Alive(alive) => self.link.handle_alive(alive, now, entropy),
            Event::Host(Some(epoch)) if !self.known => self.adopt(epoch),
            Event::Host(None) if !self.known => self.ask_for_the_host(),
            Event::Host(_) => {}
            // Of a connection that another has taken the place of.
            _ if !self.is_current(conn) => {}
            Event::Open => self.link.handle_open(now),
            Event::Closed => {
                self.conn = None;
                self.link.handle_closed(now, entropy);
            }
            Event::Message(message) => {
                let taken = Frame::decode(&message)
                    .map_err(|error| error.to_string())
                    .and_then(|frame| self.hear(frame, message.len()));
                if let Err(why) = taken {
                    self.news.push_back(News::Misbehaved(why));
                    self.link.handle_misbehaved(now, entropy);
                }
            }
        }
    }

    fn hear(&mut self, frame: Frame, size: usize) -> Result<(), String> {
        let now = self.now();
        let count = frame.count();
        let (first, ack) = match &frame {
            Frame::Welcome(welcome) => {
                self.tab.tab = welcome.tab.to_string();
                let welcomed = self.link.handle_welcome(welcome.ack, welcome.admitted, now);
                return welcomed.map_err(|error| error.to_string());
            }
            Frame::Lost(why) => {
                self.link.handle_lost(*why);
                return Ok(());
            }
            Frame::Ack(ack) => {
                return self.link.handle_ack(*ack, now).map_err(|error| error.to_string());
            }
            Frame::Data { first, ack, .. } => (*first, *ack),
            Frame::Part { seq, ack, .. } => (*seq, *ack),
            _ => return Err("a frame that only pages send".to_owned()),
        };
        let admit = self.link.handle_data(first, count, size, ack, now);
        let Admit::Take { skip } = admit.map_err(|error| error.to_string())? else {
            return Ok(());
        };
        match frame {
            Frame::Data { packets, .. } => {
                packets.into_iter().skip(skip as usize).for_each(|packet| self.tell(packet));
            }
            Frame::Part { last, piece, .. } => {
                self.assembly.extend_from_slice(&piece);
                if last {
                    let bytes = std::mem::take(&mut self.assembly);
                    let packet = Packet::from_parts(bytes.into());
                    self.tell(packet.map_err(|error| error.to_string())?);
                }
            }
            _ => {}
        }
        self.link.consumed(count - skip, now);
        Ok(())
    }

    fn tell(&mut self, packet: Packet) {
        self.news.push_back(match packet {
            Packet::Send(call) => News::Message(call),
            Packet::Reply(seq, value) => News::Answer(seq, Ok(value)),
            Packet::Fail(seq, error) => News::Answer(seq, Err(error)),
            // What the host wants of a window is no concern of a page without one.
            _ => return,
        });
    }
}
