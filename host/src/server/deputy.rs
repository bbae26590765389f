//! The task of a connection, and its deputy.
//!
//! A lone call is made by the task that read it: to wake another thread, and to be woken by it, takes longer than most calls
//! do. A listener may block all the same. While it runs, the first thing that happens to the connection starts a deputy,
//! another task that reads and writes until the listener is through.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::Handle;

use crate::document::Document;
use crate::links::Links;

/// Reads and writes until the connection ends; it runs no user code.
pub(super) type Talk = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Goes on with the talk until it ends, and makes the lone calls that it brings.
pub(super) async fn attend(links: Arc<Links>, document: Arc<Document>, talk: Talk) {
    let desk = Arc::new(Desk {
        talk: Mutex::new(Some(talk)),
        hands: Mutex::new(Hands::default()),
        document,
        runtime: Handle::current(),
    });
    let desk = Closing(desk);
    poll_fn(|cx| desk.0.poll(&links, cx)).await;
}

/// What the talk waits for holds the desk, and the desk the talk.
struct Closing(Arc<Desk>);

impl Drop for Closing {
    fn drop(&mut self) {
        let talk = self.0.talk().take();
        drop(talk);
    }
}

/// Where the task and its deputy meet.
struct Desk {
    /// `None` when it is over.
    talk: Mutex<Option<Talk>>,
    hands: Mutex<Hands>,
    document: Arc<Document>,
    /// What wakes the connection may know no runtime.
    runtime: Handle,
}

/// Who is at work.
#[derive(Default)]
struct Hands {
    state: Doing,
    task: Option<Waker>,
    /// There is one, or it is about to begin.
    has_deputy: bool,
    deputy: Option<Waker>,
}

/// What the task is doing. Only a task that waits has to be woken.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Doing {
    #[default]
    Waiting,
    /// It polls the talk, or is about to.
    Polling,
    /// It polls, and is to poll once more.
    PollingAgain,
    /// It runs a listener.
    Calling,
}

impl Desk {
    fn poll(self: &Arc<Self>, links: &Links, cx: &mut Context<'_>) -> Poll<()> {
        let waker = Waker::from(self.clone());
        let mut hands = self.hands();
        if hands.task.as_ref().is_none_or(|task| !task.will_wake(cx.waker())) {
            hands.task = Some(cx.waker().clone());
        }
        hands.state = Doing::Polling;
        drop(hands);
        for _ in 0..POLLS {
            let is_over = self.go_on(&waker);
            if self.document.has_lone() {
                self.call(links);
                continue;
            }
            if is_over {
                return Poll::Ready(());
            }
            let mut hands = self.hands();
            if hands.state == Doing::Polling {
                hands.state = Doing::Waiting;
                return Poll::Pending;
            }
            hands.state = Doing::Polling;
        }
        // Others of the runtime have their turn.
        self.hands().state = Doing::Waiting;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Polls the talk. True if it is over.
    fn go_on(self: &Arc<Self>, waker: &Waker) -> bool {
        let mut talk = self.talk();
        let Some(future) = talk.as_mut() else { return true };
        let is_over = future.as_mut().poll(&mut Context::from_waker(waker)).is_ready();
        if is_over {
            *talk = None;
        }
        is_over
    }

    /// Makes the call that the talk has brought. What it answers is written when the talk is polled next.
    fn call(&self, links: &Links) {
        self.hands().state = Doing::Calling;
        self.document.call_lone(&links.lone);
        let mut hands = self.hands();
        // Nobody is woken by the next line: the talk is polled behind it anyway.
        hands.state = Doing::PollingAgain;
        let deputy = hands.deputy.take();
        drop(hands);
        self.document.outgoing.notify_one();
        self.hands().state = Doing::Polling;
        if let Some(deputy) = deputy {
            deputy.wake();
        }
    }

    /// Stands in for the task while a listener runs.
    fn poll_deputy(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.hands();
        if hands.state != Doing::Calling {
            (hands.has_deputy, hands.deputy) = (false, None);
            return Poll::Ready(());
        }
        hands.deputy = Some(cx.waker().clone());
        drop(hands);
        let is_over = self.go_on(&Waker::from(self.clone()));
        // The task may have looked for it already.
        self.document.leave_lone();
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    }

    fn talk(&self) -> MutexGuard<'_, Option<Talk>> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something has happened to the connection.
impl Wake for Desk {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut hands = self.hands();
        let waker = match hands.state {
            Doing::Waiting => hands.task.clone(),
            Doing::Polling | Doing::PollingAgain => {
                hands.state = Doing::PollingAgain;
                None
            }
            Doing::Calling if hands.has_deputy => hands.deputy.clone(),
            Doing::Calling => {
                hands.has_deputy = true;
                drop(hands);
                let desk = self.clone();
                self.runtime.spawn(poll_fn(move |cx| desk.poll_deputy(cx)));
                return;
            }
        };
        drop(hands);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// How often a talk that has more to do is polled in one turn of its task.
const POLLS: usize = 4;
