//! Coming in: tickets, what strangers are told, cookies.

use std::time::Duration;

use super::*;
use crate::secret::Pass;

#[tokio::test]
async fn a_ticket_lets_one_browser_in_and_then_says_what_to_do() {
    let site = Site::new();
    let tab = TabId::from_bits(7);
    let invitation =
        site.state.invite(Landing { path: "ui/index.html?a=b#c".into(), tab: Some(tab) }).unwrap();
    let path = invitation.url.strip_prefix("http://127.0.0.1:8124").unwrap();
    let enter = format!("GET {path}");

    let known = site.get(path).await;
    assert_eq!(known.status, StatusCode::OK);
    assert_eq!(known.header(header::SET_COOKIE), "", "a known browser leaves the ticket to others");

    let answer = site
        .ask(&[
            &enter,
            "sec-fetch-site: cross-site",
            "sec-fetch-mode: navigate",
            "sec-fetch-dest: document",
        ])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert!(
        answer.text.contains("location.replace(\"../../ui/index.html?a=b#c\")"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains(&format!("'tab',\"{tab}\")")), "{}", answer.text);
    assert!(!answer.text.contains(invitation.ticket.as_str()));

    let cookie = answer.header(header::SET_COOKIE);
    assert!(
        cookie.starts_with("exciton-8124=")
            && cookie.contains("; Path=/; ")
            && cookie.ends_with("; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(site.ask(&["GET /", &format!("cookie: {pair}")]).await.status, StatusCode::OK);

    let again = site.ask(&[&enter, "accept: text/html"]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(
        again.text.contains("used already") && again.text.contains("press Enter"),
        "{}",
        again.text
    );
    assert!(!again.text.contains(invitation.ticket.as_str()));

    // Followed from another site once more, the cookie that came with it stays away at first.
    let followed = [
        &enter,
        "sec-fetch-site: cross-site",
        "sec-fetch-mode: navigate",
        "sec-fetch-dest: document",
    ];
    let followed = site.ask(&followed).await;
    assert_eq!(followed.status, StatusCode::UNAUTHORIZED);
    assert!(followed.text.contains("location.replace(to)"), "{}", followed.text);
    assert!(!followed.text.contains(invitation.ticket.as_str()));
}

#[tokio::test]
async fn no_ticket_but_a_real_one_lets_in() {
    let site = Site::new();
    let invitation = site.state.invite(Landing::default()).unwrap();
    let ticket = invitation.ticket.as_str();
    for wrong in [
        "",
        "0",
        &ticket[1..],
        &ticket.to_uppercase().replace(char::is_numeric, "A"),
        &format!("{ticket}/"),
        &format!("{ticket}%00"),
        &format!("x/{ticket}"),
    ] {
        let answer = site.ask(&[&format!("GET /_exciton/enter/{wrong}")]).await;
        assert!(answer.headers.get(header::SET_COOKIE).is_none(), "{wrong}");
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    assert_eq!(site.ask(&[&format!("GET /_exciton/enter/{ticket}")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_that_has_not_come_in_is_told_how() {
    let site = Site::new();
    let answer = site
        .ask(&[
            "GET /",
            "accept: text/html",
            "sec-fetch-site: none",
            "sec-fetch-mode: navigate",
            "sec-fetch-dest: document",
        ])
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer.text.contains("<h1>Come in</h1>") && answer.text.contains("press Enter"),
        "{}",
        answer.text
    );
    assert!(!answer.text.contains("location.replace"));
    let answer =
        site.ask(&["GET /a.js", "sec-fetch-site: same-origin", "sec-fetch-mode: no-cors"]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!answer.text.contains('<'), "{}", answer.text);
}

#[tokio::test]
async fn a_link_on_another_site_asks_once_more_before_it_gives_up() {
    let site = Site::new();
    let linked =
        |of: &'static str| ["GET /ui/", of, "sec-fetch-mode: navigate", "sec-fetch-dest: document"];
    let first = site.ask(&linked("sec-fetch-site: cross-site")).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    assert!(first.text.contains("location.replace(to)"), "{}", first.text);
    let second = site.ask(&linked("sec-fetch-site: same-origin")).await;
    assert!(!second.text.contains("location.replace"), "{}", second.text);
}

#[tokio::test]
async fn a_public_https_address_has_a_secure_cookie_at_its_own_path() {
    let site =
        Site::with(|config| config.origins = vec!["https://app.example/tool".parse().unwrap()]);
    let addresses = site.state.addresses();
    assert_eq!(addresses, ["https://app.example/tool", "http://127.0.0.1:8124"]);
    let invitation = site.state.invite_at(&addresses[0], Landing::default()).unwrap();
    let path = invitation.url.strip_prefix("https://app.example/tool").unwrap();
    // The proxy strips /tool and sends the listener's host.
    let answer = site.ask(&[&format!("GET {path}")]).await;
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.ends_with("; SameSite=Strict; Secure"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_show_one_ticket_at_once_exactly_one_comes_in() {
    let site = Arc::new(Site::new());
    for _ in 0..50 {
        let invitation = site.state.invite(Landing::default()).unwrap();
        let path = invitation.url.strip_prefix("http://127.0.0.1:8124").unwrap().to_owned();
        let all: Vec<_> = (0..8)
            .map(|_| {
                let (site, line) = (site.clone(), format!("GET {path}"));
                tokio::spawn(async move {
                    let answer = site.ask(&[&line]).await;
                    (
                        answer.status == StatusCode::OK,
                        answer.headers.contains_key(header::SET_COOKIE),
                    )
                })
            })
            .collect();
        let mut came_in = Vec::new();
        for one in all {
            came_in.push(one.await.unwrap());
        }
        came_in.retain(|came| came.0 || came.1);
        assert_eq!(came_in, [(true, true)]);
    }
}

#[tokio::test]
async fn a_changed_key_voids_cookies_and_unused_tickets() {
    let site = Site::new();
    let invitation = site.state.invite(Landing::default()).unwrap();
    let enter = format!("GET {}", invitation.url.strip_prefix("http://127.0.0.1:8124").unwrap());
    assert_eq!(site.get("/").await.status, StatusCode::OK);
    site.state.rotate(&[8; 32]).unwrap();
    assert_eq!(site.get("/").await.status, StatusCode::UNAUTHORIZED);
    let answer = site.ask(&[&enter]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.headers.get(header::SET_COOKIE).is_none());
    let fresh = site.state.invite(Landing::default()).unwrap();
    let enter = format!("GET {}", fresh.url.strip_prefix("http://127.0.0.1:8124").unwrap());
    assert_eq!(site.ask(&[&enter]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cookie_of_a_day_ago_is_renewed_on_the_way_and_a_younger_one_is_not() {
    let site = Site::new();
    let old = |days: u64| {
        let issued = secret::unix_seconds() - days * 86_400;
        format!("cookie: exciton-8124={}", site.state.cookies.issue(true, issued).unwrap())
    };
    for path in ["/", "/a.js", "/_exciton/alive", "/_exciton/electron.js"] {
        let request = format!("GET {path}");
        let young = site.ask(&[&request, &old(0)]).await;
        assert!(young.headers.get(header::SET_COOKIE).is_none(), "{path}");
        let answer = site.ask(&[&request, &old(1)]).await;
        let set = answer.header(header::SET_COOKIE);
        assert!(
            set.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure"),
            "{set}"
        );
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
        let next = format!("cookie: {}", set.split(';').next().unwrap());
        let again = site.ask(&[&request, &next]).await;
        assert!(again.status.is_success() && again.headers.get(header::SET_COOKIE).is_none());
    }
    let expired = site.ask(&["GET /", &old(31)]).await;
    assert_eq!(expired.status, StatusCode::UNAUTHORIZED);
    assert!(expired.headers.get(header::SET_COOKIE).is_none());
    assert!(expired.text.contains("too old"), "{}", expired.text);
}

#[tokio::test(start_paused = true)]
async fn wrong_tickets_are_refused_past_the_limit_and_a_good_one_is_not() {
    let site = Site::with(|config| config.door_limits.wrong_tickets = 3);
    let invitation = site.state.invite(Landing::default()).unwrap();
    let wrong = ["GET /_exciton/enter/00112233445566778899aabbccddeeff"];
    for _ in 0..3 {
        assert_eq!(site.ask(&wrong).await.status, StatusCode::UNAUTHORIZED);
    }
    let refused = site.ask(&wrong).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header(header::RETRY_AFTER), "1");
    assert!(refused.text.contains("DoorLimits::wrong_tickets"), "{}", refused.text);
    // Who has come in, and who has a good ticket, pay for nothing of this.
    assert_eq!(site.get("/").await.status, StatusCode::OK);
    let enter = format!("GET {}", invitation.url.strip_prefix("http://127.0.0.1:8124").unwrap());
    assert_eq!(site.ask(&[&enter]).await.status, StatusCode::OK);
    assert_eq!(site.state.rates.counts(), (4, 1));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(site.ask(&wrong).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn sockets_of_one_browser_are_refused_past_the_rate_and_those_of_others_are_not() {
    let site = Site::with(|config| config.door_limits.socket_attempts = 3);
    let ask = |cookie: String| {
        let lines = ["GET /_exciton/socket".into(), "origin: http://127.0.0.1:8124".into(), cookie];
        let site = &site;
        async move { site.ask(&lines.each_ref().map(String::as_str)).await }
    };
    let mine = format!("cookie: {}", site.cookie);
    let other = site.state.cookies.issue(false, secret::unix_seconds()).unwrap();
    let other = format!("cookie: exciton-8124={other}");
    // What is refused before a cookie is looked at costs nobody anything.
    for _ in 0..9 {
        let evil = ["GET /_exciton/socket", "origin: http://evil.example", &mine];
        assert_eq!(site.ask(&evil).await.status, StatusCode::FORBIDDEN);
    }
    for _ in 0..3 {
        assert_eq!(ask(mine.clone()).await.status, StatusCode::OK);
    }
    let refused = ask(mine.clone()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header(header::RETRY_AFTER), "1");
    assert_eq!(ask(other).await.status, StatusCode::OK);
    assert_eq!(site.get("/_exciton/alive").await.status, StatusCode::NO_CONTENT);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(ask(mine).await.status, StatusCode::OK);
}

#[tokio::test]
async fn sockets_of_one_browser_past_their_number_are_refused_until_one_ends() {
    let site = Site::with(|config| config.door_limits.sockets = 1);
    let cookie = format!("cookie: {}", site.cookie);
    let lines = ["GET /_exciton/socket", "origin: http://127.0.0.1:8124", &cookie];
    let value = site.cookie.split('=').nth(1).unwrap();
    let browser = site.state.cookies.check(value, secret::unix_seconds()).unwrap().browser;
    let open = site.state.rates.socket(browser).ok().unwrap();
    let refused = site.ask(&lines).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.header(header::RETRY_AFTER), "1");
    assert!(refused.text.contains("DoorLimits::sockets"), "{}", refused.text);
    drop(open);
    assert_eq!(site.ask(&lines).await.status, StatusCode::OK);
}

#[tokio::test]
async fn behind_the_guard_a_pass_says_whether_it_is_still_good() {
    let site = Site::new();
    let cookies = site.state.cookies.clone();
    let cookie = cookies.check(site.cookie.split('=').nth(1).unwrap(), secret::unix_seconds());
    let pass = Pass::new(cookie.unwrap(), cookies);
    assert!(pass.is_good());
    site.state.revoke(pass.browser()).unwrap();
    assert!(!pass.is_good());
    let answer =
        site.ask(&["GET /", &format!("cookie: {}", site.cookie), "accept: text/html"]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("shut this browser out"), "{}", answer.text);
}
