//! `post_message` of a page and of its frames, where it can't send.

#![allow(clippy::unwrap_used)]

use exciton::testing::TestPage;
use exciton::{IpcMain, MessageChannelMain, MessageEvent, MessagePortMain, PortError};
use serde::{Serialize, Serializer};

/// A value that fails to become one of the wire.
struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is broken"))
    }
}

/// Whether what is posted at the one port still comes out of the other.
async fn works(one: &MessagePortMain, other: &MessagePortMain) -> bool {
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    other.on_message(move |_event: MessageEvent, number: u8| sender.send(number).unwrap());
    other.start();
    one.post_message(7, &[]).unwrap();
    received.recv().await == Some(7)
}

#[tokio::test]
async fn case_58_a_message_that_can_not_be_cloned_is_refused() {
    let page = TestPage::new(&IpcMain::new());
    let contents = page.web_contents();
    let frames = [contents.main_frame(), page.frame("inside").web_frame_main()];
    let MessageChannelMain { port1, port2, .. } = MessageChannelMain::new();
    let ports = [port1];
    let mut refused = vec![contents.post_message("channel", Broken, &ports)];
    refused.extend(frames.iter().map(|frame| frame.post_message("channel", Broken, &ports)));
    assert_eq!(refused.len(), 3);
    for error in refused.into_iter().map(Result::unwrap_err) {
        assert!(matches!(error, PortError::Send(_)), "{error:?}");
        assert!(error.to_string().starts_with("An object could not be cloned"), "{error}");
    }
    assert_eq!(page.take_received(), []);
    assert!(works(&ports[0], &port2).await, "nothing is neutered");
}
