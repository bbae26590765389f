//! Coming in: tickets, what strangers are told, cookies.

use super::*;

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
