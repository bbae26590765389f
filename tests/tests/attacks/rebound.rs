//! DNS rebinding: a name that led to the attacker's server leads to the host now, and to the browser nothing has changed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use exciton_e2e::{Browser, Engine, in_each_engine};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::pages::{LIMIT, TRIES, come_in, evil, outcome, put_right};
use crate::target::Target;

/// What a page on the rebound name tries: for the browser all of it is the page's own.
const NAME: &str = "evil.example";
const AT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Listens at the attacker's address, on the host's port, and leads to the attacker until it is told to lead to the host.
/// What is open then is cut.
async fn rebinding(evil: SocketAddr, host: SocketAddr) -> watch::Sender<SocketAddr> {
    let listener = TcpListener::bind((AT, host.port())).await.unwrap();
    let (sender, leads) = watch::channel(evil);
    tokio::spawn(async move {
        while let Ok((mut page, _)) = listener.accept().await {
            let mut leads = leads.clone();
            let to = *leads.borrow_and_update();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await?;
                tokio::select! {
                    _ = leads.changed() => Ok((0, 0)),
                    done = tokio::io::copy_bidirectional(&mut page, &mut server) => done,
                }
            });
        }
    });
    sender
}

#[tokio::test]
async fn no_page_of_a_name_that_was_rebound_gets_anything() {
    in_each_engine(|engine| async move {
        let mut target = Target::start_with(&[("E2E_LOG", "1")]).await;
        let browser = Browser::open_resolving(engine, NAME, AT).await.unwrap();
        come_in(&browser, &mut target).await;
        browser.new_tab().await.unwrap();
        let port = target.address().port();
        if engine == Engine::WebKit {
            // Names can't be led anywhere there, but those below localhost lead here by themselves.
            let log = target.host.stderr().clone();
            let lines = log.len();
            browser.goto(&format!("http://evil.localhost:{port}/hostile.html")).await.unwrap();
            browser.wait_until("document.title === 'Not let in'", LIMIT).await.unwrap();
            assert!(log.all()[lines..].iter().any(|line| line.contains("UnknownHost")));
            return at_its_own_name(&browser, &mut target).await;
        }
        let evil = evil().await;
        let rebound = rebinding(evil.address(), target.address()).await;
        let page = format!("http://{NAME}:{port}/hostile.html?epoch={}", target.epoch);
        browser.goto(&page).await.unwrap();
        browser.wait_until("document.title === 'An attacker'", LIMIT).await.unwrap();
        rebound.send(target.address()).unwrap();
        let before = target.state().await;
        let log = target.host.stderr().clone();
        let mut failed = Vec::new();
        for row in TRIES {
            let lines = log.len();
            let got = outcome(&browser, row.name).await;
            if !got.is_empty() && row.name != "serve in its place" {
                failed.push(format!("{}: has got {got:?}", row.name));
            }
            let told = log.all().split_off(lines);
            let refusals = told.iter().filter(|line| line.contains("not let in"));
            if let Some(line) = refusals.clone().find(|line| !line.contains("status=403")) {
                failed.push(format!("{}: is told {line}", row.name));
            }
        }
        let refused = log.all().iter().filter(|line| line.contains("UnknownHost")).count();
        assert!(refused >= 20, "{engine}: the host refused {refused} times only");
        assert_eq!(target.state().await, before, "{engine}");
        assert!(failed.is_empty(), "{engine}:\n{}", failed.join("\n"));
        at_its_own_name(&browser, &mut target).await;
    })
    .await;
}

/// The same browser finds the host under its own name, and all that was tried succeeds.
async fn at_its_own_name(browser: &Browser, target: &mut Target) {
    let mut failed = Vec::new();
    put_right(browser, target, &mut failed).await;
    target.no_ticket_was_spent().await;
    assert!(failed.is_empty(), "{}:\n{}", browser.engine(), failed.join("\n"));
}
