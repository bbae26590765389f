//! Ports on the links of pages.

use super::page::{Heard, Page};
use super::*;
use exciton_protocol::{Args, Call};

fn call(channel: &str) -> Call {
    Call::new(channel, Args::from_serialize(&("hello",)).unwrap())
}

/// Hands a port over to a page, as `web_contents.post_message` does.
fn send(page: &Page, port: MessagePortMain) -> Result<(), PortError> {
    let (transfer, ends) = Transfer::of(&[port])?;
    page.ports.send(call("x"), ends).map_err(|refused| transfer.refused(refused))
}

#[tokio::test]
async fn a_pages_port_talks_with_the_main_process() {
    let page = Page::new(&Limits::default());
    let [port] = page.ports.receive(&[2]).try_into().unwrap();
    page.post(2, "\"early\"", &[]);
    let mut messages = hear(&port);
    page.post(2, "[1]", &[]);
    port.post_message("back", &[]).unwrap();
    assert_eq!(heard(&mut messages, 2).await, ["\"early\"", "[1]"]);
    assert_eq!(page.take(), [Heard::Port(2, "\"back\"".into(), vec![])]);
    page.close(2);
    assert_eq!(heard(&mut messages, 1).await, ["close"]);
    assert_eq!(page.ports.len(), 0);
    port.post_message("nobody", &[]).unwrap();
    assert_eq!((page.take(), port.dropped_messages()), (vec![], 1));
}

#[tokio::test]
async fn what_waits_goes_along_when_a_port_is_handed_to_a_page() {
    let page = Page::new(&Limits::default());
    let (outer, inner) = (MessageChannelMain::new(), MessageChannelMain::new());
    inner.port2.post_message("inside", &[]).unwrap();
    outer.port2.post_message("waits", &[inner.port1]).unwrap();
    send(&page, outer.port1).unwrap();
    outer.port2.post_message("after", &[]).unwrap();
    outer.port2.close();
    let sent = page.take();
    assert_eq!(sent[0], Heard::Message("x".into(), "[\"hello\"]".into(), vec![1]));
    let by_port = Page::by_port(&sent);
    assert_eq!(by_port[&1], ["\"waits\"", "\"after\"", "close"]);
    assert_eq!(by_port[&3], ["\"inside\""]);
    assert_eq!(page.ports.len(), 1);
}

#[tokio::test]
async fn a_port_goes_from_one_page_to_another_and_its_values_are_not_touched() {
    let (one, two) = (Page::new(&Limits::default()), Page::new(&Limits::default()));
    let [port] = one.ports.receive(&[2]).try_into().unwrap();
    // A spacing that no writer of ours has shows that nobody reads the value.
    one.post(2, "{ \"a\" :1}", &[]);
    send(&two, port).unwrap();
    one.post(2, "2", &[4]);
    one.post(4, "3", &[]);
    two.post(1, "4", &[]);
    two.post(3, "5", &[]);
    let at_two = two.take();
    assert_eq!(
        at_two[1..3],
        [Heard::Port(1, "{ \"a\" :1}".into(), vec![]), Heard::Port(1, "2".into(), vec![3])]
    );
    assert_eq!(at_two[3..], [Heard::Port(3, "3".into(), vec![])]);
    assert_eq!(
        one.take(),
        [Heard::Port(2, "4".into(), vec![]), Heard::Port(4, "5".into(), vec![])]
    );
    two.close(1);
    one.ports.end();
    assert_eq!(one.take(), [Heard::Close(2)]);
    assert_eq!(two.take(), [Heard::Close(3)]);
    assert_eq!((one.ports.len(), two.ports.len()), (0, 0));
}

#[tokio::test]
async fn when_a_link_ends_the_other_ends_hear_of_it() {
    let page = Page::new(&Limits::default());
    let [port] = page.ports.receive(&[2]).try_into().unwrap();
    let channel = MessageChannelMain::new();
    send(&page, channel.port1).unwrap();
    let (mut first, mut second) = (hear(&port), hear(&channel.port2));
    page.post(2, "1", &[]);
    page.ports.end();
    assert_eq!(heard(&mut first, 2).await, ["1", "close"]);
    assert_eq!(heard(&mut second, 1).await, ["close"]);
    let channel = MessageChannelMain::new();
    assert_eq!(send(&page, channel.port1.clone()), Err(PortError::Send(SendError::FrameGone)));
    assert!(channel.port1.port().place().is_some(), "it is given back");
}

#[tokio::test]
async fn a_link_has_so_many_ports_and_no_more() {
    let mut limits = Limits::default();
    limits.ports = 2;
    let page = Page::new(&limits);
    let kept = page.ports.receive(&[2, 4]);
    let refused = page.ports.receive(&[6]);
    assert_eq!(page.take(), [Heard::Close(6)]);
    assert_eq!(heard(&mut hear(&refused[0]), 1).await, ["close"]);
    let channel = MessageChannelMain::new();
    let mut messages = hear(&channel.port1);
    let error = send(&page, channel.port1.clone()).unwrap_err();
    assert_eq!(error, PortError::Send(SendError::Ports { open: 3, limit: 2 }));
    channel.port2.post_message("still here", &[]).unwrap();
    assert_eq!(heard(&mut messages, 1).await, ["\"still here\""]);
    drop(kept);
    assert_eq!(page.ports.len(), 0);
}

#[tokio::test]
async fn a_number_that_a_page_can_not_give_opens_nothing() {
    let page = Page::new(&Limits::default());
    let kept = page.ports.receive(&[2, 2, 3]);
    assert_eq!(page.ports.len(), 1);
    for port in &kept[1..] {
        assert_eq!(heard(&mut hear(port), 1).await, ["close"]);
    }
    page.post(8, "1", &[]);
    page.close(8);
    assert_eq!(page.take(), []);
}

#[tokio::test]
async fn a_page_that_posts_more_than_may_wait_has_its_port_closed() {
    let mut limits = Limits::default();
    limits.port_bytes = 200;
    let page = Page::new(&limits);
    let [port] = page.ports.receive(&[2]).try_into().unwrap();
    page.post(2, "1", &[]);
    page.post(2, &format!("\"{}\"", "x".repeat(200)), &[4]);
    assert_eq!(page.take(), [Heard::Close(2), Heard::Close(4)]);
    assert_eq!(page.ports.len(), 0);
    assert_eq!(heard(&mut hear(&port), 2).await, ["1", "close"]);
}
