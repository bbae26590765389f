//! Electron's behaviours of a channel within the main process, by their numbers in the table of cases.

use super::*;
use exciton_protocol::Full;

#[tokio::test]
async fn case_40_a_channel_can_be_created() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    assert_eq!(format!("{port1:?}"), "MessagePortMain { neutered: false, .. }");
    assert!(!Arc::ptr_eq(port1.port(), port2.port()));
}

#[tokio::test]
async fn case_41_every_supported_value_can_be_posted() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let values = [
        Value::Undefined,
        Value::Null,
        Value::from("text"),
        Value::from(f64::NAN),
        Value::from(vec![Value::from(1), Value::Undefined]),
    ];
    for value in &values {
        port1.post_message(value, &[]).unwrap();
    }
    let (sender, mut receiver) = unbounded_channel();
    port2.on_message(move |event: MessageEvent| sender.send(event.data().unwrap()).unwrap());
    port2.start();
    assert_eq!(format!("{:?}", heard(&mut receiver, 5).await), format!("{values:?}"));
}

#[tokio::test]
async fn case_42_a_value_that_can_not_travel_is_refused() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it is broken"))
        }
    }
    let MessageChannelMain { port1, .. } = MessageChannelMain::new();
    let ours = MessageChannelMain::new();
    let error = port1.post_message(Broken, std::slice::from_ref(&ours.port1)).unwrap_err();
    assert!(error.to_string().starts_with("An object could not be cloned"), "{error}");
    assert!(ours.port1.port().place().is_some(), "nothing is neutered");
}

#[tokio::test]
async fn case_43_a_port_can_not_be_handed_over_by_itself() {
    let MessageChannelMain { port1, .. } = MessageChannelMain::new();
    let error = port1.post_message(1, std::slice::from_ref(&port1)).unwrap_err();
    assert_eq!(error.to_string(), "Port at index 0 contains the source port.");
}

#[tokio::test]
async fn case_44_messages_go_within_the_process_in_order_and_wait_for_the_start() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    for number in 0..100 {
        port2.post_message(number, &[]).unwrap();
    }
    let mut messages = hear(&port1);
    let expected: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(heard(&mut messages, 100).await, expected);
    port2.post_message(("a", 1), &[]).unwrap();
    assert_eq!(heard(&mut messages, 1).await, ["[\"a\",1]"]);
}

#[tokio::test]
async fn case_46_a_port_goes_over_another_channel_with_all_that_waits_for_it() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let inner = MessageChannelMain::new();
    inner.port2.post_message("before", &[]).unwrap();
    port1.post_message("here", std::slice::from_ref(&inner.port1)).unwrap();
    inner.port2.post_message("on its way", &[]).unwrap();
    let ports = ports_of(&port2).await;
    let mut messages = hear(&ports[0]);
    inner.port2.post_message("after", &[]).unwrap();
    assert_eq!(heard(&mut messages, 3).await, ["\"before\"", "\"on its way\"", "\"after\""]);
}

#[tokio::test]
async fn case_47_messages_can_be_posted_at_a_closed_port() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let mut closed = hear(&port1);
    port1.close();
    port1.close();
    port1.post_message("hello", &[]).unwrap();
    assert_eq!(heard(&mut closed, 1).await, ["close"]);
    assert_eq!(port1.dropped_messages(), 1);
    // It can be handed over, and is as closed there.
    let other = MessageChannelMain::new();
    other.port1.post_message(1, &[port1]).unwrap();
    let ports = ports_of(&other.port2).await;
    assert_eq!(heard(&mut hear(&ports[0]), 1).await, ["close"]);
    drop(port2);
}

#[tokio::test]
async fn case_48_messages_can_be_posted_at_a_port_whose_other_end_is_closed() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let mut messages = hear(&port1);
    port2.post_message("last", &[]).unwrap();
    port2.close();
    port1.post_message("hello", &[]).unwrap();
    assert_eq!(heard(&mut messages, 2).await, ["\"last\"", "close"]);
}

#[tokio::test]
async fn case_50_a_port_can_not_be_handed_over_twice_at_once() {
    let MessageChannelMain { port1, .. } = MessageChannelMain::new();
    let inner = MessageChannelMain::new();
    let error = port1.post_message(1, &[inner.port1.clone(), inner.port1.clone()]).unwrap_err();
    assert_eq!(error.to_string(), "Port at index 1 is a duplicate.");
    port1.post_message(1, &[inner.port1]).unwrap();
}

#[tokio::test]
async fn case_51_a_neutered_port_can_not_be_handed_over() {
    let MessageChannelMain { port1, .. } = MessageChannelMain::new();
    let (inner, good) = (MessageChannelMain::new(), MessageChannelMain::new());
    let clone = inner.port1.clone();
    port1.post_message(1, &[inner.port1]).unwrap();
    let error = port1.post_message(1, &[good.port1.clone(), clone.clone()]).unwrap_err();
    assert_eq!(error.to_string(), "Port at index 1 is already neutered.");
    // What is neutered is silent, and the other one is as it was.
    clone.post_message("nobody", &[]).unwrap();
    let mut messages = hear(&good.port1);
    good.port2.post_message("still here", &[]).unwrap();
    assert_eq!(heard(&mut messages, 1).await, ["\"still here\""]);
}

#[tokio::test]
async fn case_52_a_port_can_not_be_handed_over_to_its_own_other_end_by_itself() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let error = port2.post_message(1, &[port1.clone(), port2.clone()]).unwrap_err();
    assert_eq!(error.to_string(), "Port at index 1 contains the source port.");
    assert!(port1.port().place().is_some());
}

#[tokio::test]
async fn case_53_a_port_that_may_still_receive_goes_on_without_a_handle() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let mut messages = hear(&port1);
    drop(port1);
    port2.post_message("hello", &[]).unwrap();
    assert_eq!(heard(&mut messages, 1).await, ["\"hello\""]);
    drop(port2);
    assert_eq!(heard(&mut messages, 1).await, ["close"]);
    assert!(messages.recv().await.is_none(), "the listeners are gone");
}

#[tokio::test]
async fn a_port_without_a_handle_that_can_not_receive_is_closed() {
    // Nobody listens, nobody has started it, and an event that nobody keeps the ports of.
    let channel = MessageChannelMain::new();
    let mut closed = hear(&channel.port1);
    drop(channel.port2);
    assert_eq!(heard(&mut closed, 1).await, ["close"]);
    let channel = MessageChannelMain::new();
    let mut closed = hear(&channel.port1);
    channel.port2.on_message(|_event: MessageEvent| {});
    drop(channel.port2);
    assert_eq!(heard(&mut closed, 1).await, ["close"]);
    let (outer, inner) = (MessageChannelMain::new(), MessageChannelMain::new());
    let mut closed = hear(&inner.port1);
    outer.port1.post_message(1, &[inner.port2]).unwrap();
    outer.port2.on_message(|_event: MessageEvent| {});
    outer.port2.start();
    assert_eq!(heard(&mut closed, 1).await, ["close"]);
}

#[tokio::test]
async fn two_ports_that_only_wait_for_each_other_go_away() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let (mut first, mut second) = (hear(&port1), hear(&port2));
    port1.post_message(1, &[]).unwrap();
    drop((port1, port2));
    assert_eq!(heard(&mut second, 1).await, ["1"]);
    while first.recv().await.is_some() {}
    while second.recv().await.is_some() {}
}

#[tokio::test]
async fn a_close_is_heard_without_a_start_if_nothing_waits() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let (sender, mut closed) = unbounded_channel();
    port1.on_close(move || sender.send(()).unwrap());
    port2.close();
    assert_eq!(heard(&mut closed, 1).await, [()]);
}

#[tokio::test]
async fn a_listener_takes_typed_data_panics_alone_and_is_taken_away() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let (sender, mut received) = unbounded_channel();
    port1.on_message(|_event: MessageEvent| panic!("a listener of a test"));
    let (once, more) = (sender.clone(), sender.clone());
    port1.once_message(move |_event: MessageEvent| once.send("once".to_owned()).unwrap());
    let removed = port1.on_message(move |_event: MessageEvent| sender.send("no".into()).unwrap());
    port1.on_message(move |event: MessageEvent, name: String, rest: Option<u8>| {
        let again = event.data_as::<String>().unwrap();
        more.send(format!("{name} {again} {rest:?}")).unwrap();
    });
    assert!(port1.off(removed));
    assert!(!port1.off(removed));
    port1.start();
    port2.post_message("a", &[]).unwrap();
    port2.post_message("b", &[]).unwrap();
    assert_eq!(heard(&mut received, 3).await, ["once", "a a None", "b b None"]);
}

#[tokio::test]
async fn what_waits_is_bounded_and_a_post_too_many_changes_nothing() {
    let mut limits = Limits::default();
    limits.port_bytes = 200;
    let MessageChannelMain { port1, port2 } = MessageChannelMain::with_limits(&limits);
    let inner = MessageChannelMain::new();
    port1.post_message("x".repeat(60), &[]).unwrap();
    let error = port1.post_message("y".repeat(60), std::slice::from_ref(&inner.port1)).unwrap_err();
    assert_eq!(error, PortError::Send(SendError::Full(Full { queued: 252, cap: 200 })));
    let mut messages = hear(&port2);
    heard(&mut messages, 1).await;
    port1.post_message("y".repeat(60), &[inner.port1]).unwrap();
    heard(&mut messages, 1).await;
}

#[test]
fn ports_work_without_a_runtime() {
    let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    port2.on_message(move |_event: MessageEvent, number: u8| sender.send(number).unwrap());
    port2.start();
    port1.post_message(5, &[]).unwrap();
    assert_eq!(receiver.recv().unwrap(), 5);
}

#[tokio::test]
async fn ports_deep_within_ports_are_closed_without_a_deep_stack() {
    let first = MessageChannelMain::new();
    let mut closed = hear(&first.port1);
    let mut inside = first.port2;
    for _ in 0..100_000 {
        let MessageChannelMain { port1, port2 } = MessageChannelMain::new();
        port1.post_message(1, &[inside]).unwrap();
        inside = port2;
        std::mem::forget(port1);
    }
    drop(inside);
    assert_eq!(heard(&mut closed, 1).await, ["close"]);
}
