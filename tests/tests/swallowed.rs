//! Questions that the network swallows: a page gives each up after a while, asks again, and goes on when one is answered.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, Split, Way, behind_split, in_each_engine,
};
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// What the page's renderer asks by `fetch`, and what comes of it.
const WATCH: &str = "
    window.asked = [];
    const ask = window.fetch;
    window.fetch = (url, options) => {
        const question = { route: String(url).split('/').pop(), outcome: 'open' };
        asked.push(question);
        const answer = ask(url, options);
        answer.then(() => (question.outcome = 'answered'), ({ name }) => (question.outcome = name));
        return answer;
    };
    window.outcomes = (route) => asked.filter((one) => one.route === route).map(({ outcome }) => outcome)";

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_that_is_not_answered_is_asked_for_again() {
    in_each_engine(|engine| async move {
        let (split, _host, browser) = start(engine).await;
        split.requests().stall(Way::ToPage);
        split.sockets().refuse().await;
        split.sockets().cut();
        given_up(&browser, "alive").await;
        split.requests().resume(Way::ToPage);
        answered(&browser, "alive").await;
        split.sockets().accept().await;
        browser.wait_until(OPEN, LIMIT).await.unwrap();
        assert_eq!(browser.eval("seen.lost.length").await.unwrap(), 0, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_say_who_it_is_is_asked_again() {
    in_each_engine(|engine| async move {
        let (split, host, browser) = start(engine).await;
        // The page's link ends, by its socket, and only the host can say in which life of its the next one begins.
        split.sockets().stall(Way::ToPage);
        let flood = "require('electron').ipcRenderer.send('slow-flood', 'strict', 2000, 10000)";
        browser.run_in_page(flood).await.unwrap();
        host.wait_line("flooded strict", LIMIT).await.unwrap();
        split.requests().stall(Way::ToPage);
        split.sockets().resume(Way::ToPage);
        given_up(&browser, "boot").await;
        split.requests().resume(Way::ToPage);
        answered(&browser, "boot").await;
        browser.wait_until(OPEN, LIMIT).await.unwrap();
        assert_eq!(browser.eval("seen.lost.join()").await.unwrap(), "too-slow", "{engine}");
    })
    .await;
}

const OPEN: &str = "require('electron').connection.state === 'open'";

async fn start(engine: Engine) -> (Split, HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("slow");
    let (split, host, browser) = behind_split(engine, host).await.unwrap();
    browser.run_in_page(&format!("{{ {WATCH} }}")).await.unwrap();
    (split, host, browser)
}

/// Its own time limit has ended such a question, and another has followed it. WebKit has another name for that.
async fn given_up(browser: &Browser, route: &str) {
    let again = format!(
        "['TimeoutError', 'AbortError'].includes(outcomes('{route}')[0]) && outcomes('{route}').length > 1"
    );
    if let Err(error) = browser.wait_until(&again, LIMIT).await {
        panic!("{}: {error}", browser.eval("JSON.stringify(asked)").await.unwrap());
    }
}

async fn answered(browser: &Browser, route: &str) {
    browser.wait_until(&format!("outcomes('{route}').includes('answered')"), LIMIT).await.unwrap();
}
