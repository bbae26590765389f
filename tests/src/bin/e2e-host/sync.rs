//! Synchronous calls and blocking listeners.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use exciton::{App, IpcMainEvent, IpcMainInvokeEvent, Result};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    answers(app)?;
    blocking(app)?;
    panics(app)
}

fn answers(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.on("sync-echo", |event: IpcMainEvent, value: String| event.set_return_value(value));
    // The event lives on, so the page waits.
    let kept = Mutex::new(Vec::new());
    ipc_main.on("sync-never", move |event: IpcMainEvent| {
        lock(&kept).push(event);
        println!("sync-never was called");
    });
    Ok(())
}

fn blocking(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    let gate = Arc::new(Gate::default());

    let entered = gate.clone();
    ipc_main.on("block-until", move |_event: IpcMainEvent| {
        let inside = entered.enter();
        inside.0.wait();
    });
    let entered = gate.clone();
    // As no async code should.
    ipc_main.on("block-worker-until", move |_event: IpcMainEvent| {
        let entered = entered.clone();
        async move {
            let inside = entered.enter();
            inside.0.wait();
        }
    });
    let asked = gate.clone();
    ipc_main.handle("is-blocked", move |_event| asked.is_entered())?;
    ipc_main.handle("release", move |_event| gate.release())?;

    ipc_main.handle("answer", |_event, value: u32| value)?;
    ipc_main.handle("answer-never", |_event| std::future::pending::<()>())?;
    let all = app.clone();
    ipc_main.handle(
        "tell-others",
        move |event: IpcMainInvokeEvent, channel: String, count: u32| {
            for other in all.web_contents() {
                if other.id() != event.sender().id() {
                    for number in 0..count {
                        other.send(&channel, (number,))?;
                    }
                }
            }
            Ok::<_, exciton::Error>(())
        },
    )?;
    Ok(())
}

fn panics(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.on("panic-now", |_event: IpcMainEvent| {
        if true {
            panic!("a listener's panic");
        }
    });
    ipc_main.on("panic-later", |_event: IpcMainEvent| async {
        tokio::task::yield_now().await;
        if true {
            panic!("a listener's late panic");
        }
    });
    ipc_main.handle("panic-now", |_event| -> u32 { panic!("a handler's panic") })?;
    ipc_main.handle("panic-later", |_event| async {
        tokio::task::yield_now().await;
        if true {
            panic!("a handler's late panic");
        }
    })?;
    Ok(())
}

/// Whether a listener blocks, and what it waits for.
#[derive(Default)]
struct Gate {
    /// Listeners inside, and whether they may go.
    state: Mutex<(u32, bool)>,
    released: Condvar,
}

impl Gate {
    fn enter(&self) -> Inside<'_> {
        *lock(&self.state) = (1, false);
        Inside(self)
    }

    fn is_entered(&self) -> bool {
        lock(&self.state).0 > 0
    }

    fn release(&self) {
        lock(&self.state).1 = true;
        self.released.notify_all();
    }

    fn wait(&self) {
        let waiting = self.released.wait_while(lock(&self.state), |(_, may_go)| !*may_go);
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }
}

struct Inside<'a>(&'a Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).0 = 0;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
