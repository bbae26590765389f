//! What answers say of what may run in them, who may show them, and how long they are kept.

use super::*;
use crate::content_security_policy::ContentSecurityPolicy;

fn policy_of(answer: &Answer) -> &str {
    answer.header(header::CONTENT_SECURITY_POLICY)
}

/// The hash of a script, as a policy names it.
fn hash(script: &str) -> String {
    use base64::Engine;
    use sha2::Digest;
    let digest = sha2::Sha256::digest(script.as_bytes());
    format!("'sha256-{}'", base64::prelude::BASE64_STANDARD.encode(digest))
}

#[tokio::test]
async fn a_page_is_served_with_the_hashes_of_its_scripts_and_a_nonce_of_its_own() {
    let site = Site::new();
    let page = "<script>a\r\n</script><p onclick=b><script src=a.js></script>";
    fs::write(site.folder.path().join("inline.html"), page).unwrap();
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = site.get("/inline.html").await;
        let policy = policy_of(&answer);
        let nonce = answer.text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        let scripts =
            format!("; script-src 'self' 'wasm-unsafe-eval' 'nonce-{nonce}' {}; ", hash("a\n"));
        assert!(policy.contains(&scripts), "{policy}");
        assert_eq!(nonce.len(), 32);
        // No script of the page's own is trusted more than its hash says.
        assert_eq!(answer.text.matches("nonce=").count(), 1);
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn the_applications_own_policy_takes_the_defaults_place() {
    let page = "<p onclick=b>";
    for (policy, expected) in [
        (
            ContentSecurityPolicy::text("default-src 'self'").unwrap(),
            "default-src 'self'".to_owned(),
        ),
        (ContentSecurityPolicy::none(), String::new()),
    ] {
        let site = Site::with(|config| config.policy = policy);
        let answer = site.get("/").await;
        assert_eq!(policy_of(&answer), expected);
        assert!(!answer.text.contains("nonce"), "{}", answer.text);
        // What the guard says doesn't depend on it.
        assert_eq!(answer.header(header::X_FRAME_OPTIONS), "SAMEORIGIN");
    }
    let policy = ContentSecurityPolicy::new().allow("script-src", "'unsafe-hashes'").unwrap();
    let site = Site::with(|config| config.policy = policy);
    fs::write(site.folder.path().join("index.html"), page).unwrap();
    let answer = site.get("/").await;
    assert!(policy_of(&answer).contains(&hash("b")), "{}", policy_of(&answer));
}

#[tokio::test]
async fn a_page_in_another_encoding_is_hashed_as_it_is_read() {
    let site = Site::new();
    let page = b"<meta charset=koi8-r><script>'\xfc'</script>";
    fs::write(site.folder.path().join("koi8.html"), page).unwrap();
    let request = Request::builder()
        .uri("/koi8.html")
        .header("host", "127.0.0.1:8124")
        .header("cookie", &site.cookie)
        .body(Body::empty())
        .unwrap();
    let answer = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=KOI8-R");
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains(&hash("'Э'")), "{policy}");
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    assert!(bytes.ends_with(page), "{bytes:?}");
}

#[tokio::test]
async fn pictures_that_could_run_scripts_have_a_policy_and_other_files_none() {
    let site = Site::new();
    let picture = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>a</script></svg>";
    for name in ["a.svg", "a.xml", "a.xhtml"] {
        fs::write(site.folder.path().join(name), picture).unwrap();
        let shown = site.get(&format!("/{name}")).await;
        assert!(policy_of(&shown).contains(&hash("a")), "{name}: {}", policy_of(&shown));
        assert!(!policy_of(&shown).contains("nonce"), "{name}");
        let cookie = format!("cookie: {}", site.cookie);
        let request = [
            &format!("GET /{name}"),
            &cookie,
            "sec-fetch-dest: image",
            "sec-fetch-site: same-origin",
        ];
        let fetched = site.ask(&request).await;
        assert!(policy_of(&fetched).contains("script-src 'self' 'wasm-unsafe-eval';"), "{name}");
    }
    assert_eq!(policy_of(&site.get("/a.js").await), "");
}

/// Status, `Cache-Control`, and who may show it, of an answer to everything that the server knows.
#[tokio::test]
async fn every_answer_says_who_may_have_it_and_how_long_it_is_kept() {
    let site = Site::new();
    fs::write(site.folder.path().join("a.svg"), "<svg/>").unwrap();
    let cookie = format!("cookie: {}", site.cookie);
    let ticket = site.state.invite(Landing::default()).unwrap().ticket;
    let enter = format!("GET /_exciton/enter/{}", ticket.as_str());
    let origin = "origin: http://127.0.0.1:8124";
    let rows: [(&[&str], u16, &str); 17] = [
        (&["GET /", &cookie], 200, "no-cache"),
        (&["GET /a.js", &cookie], 200, "no-cache"),
        (&["GET /a.svg", &cookie], 200, "no-cache"),
        (&["GET /ui", &cookie], 308, "no-store"),
        (&["GET /none", &cookie], 404, "no-store"),
        (&["GET /.env", &cookie], 404, "no-store"),
        (&["GET /_exciton/electron.js", &cookie], 200, "no-store"),
        (&["GET /_exciton/electron.mjs", &cookie], 200, "no-store"),
        (&["GET /_exciton/boot", &cookie], 200, "no-store"),
        (&["GET /_exciton/preferences", &cookie], 200, "no-store"),
        (&["GET /_exciton/preload/0/a.js", &cookie], 200, "no-store"),
        (&["GET /_exciton/alive", &cookie], 204, "no-store"),
        (&["GET /_exciton/closed", &cookie], 200, "no-store"),
        (&[&enter], 200, "no-store"),
        (&["GET /", "accept: text/html"], 401, "no-store"),
        (&["POST /", &cookie], 405, "no-store"),
        (&["PUT /_exciton/sync", &cookie, origin], 400, "no-store"),
    ];
    for (request, status, kept) in rows {
        let answer = site.ask(request).await;
        assert_eq!(answer.status.as_u16(), status, "{request:?}");
        let is = |name: &str| {
            let all: Vec<_> = answer.headers.get_all(name).iter().collect();
            assert_eq!(all.len(), 1, "{name} of {request:?}");
            all[0].to_str().unwrap().to_owned()
        };
        assert_eq!(is("cache-control"), kept, "{request:?}");
        assert_eq!(is("x-content-type-options"), "nosniff", "{request:?}");
        assert_eq!(is("cross-origin-resource-policy"), "same-origin", "{request:?}");
        assert_eq!(is("x-frame-options"), "SAMEORIGIN", "{request:?}");
        assert!(["same-origin", "no-referrer"].contains(&is("referrer-policy").as_str()));
        for isolating in ["cross-origin-embedder-policy", "cross-origin-opener-policy"] {
            assert!(!answer.headers.contains_key(isolating), "{isolating} of {request:?}");
        }
        let html = answer.header(header::CONTENT_TYPE).starts_with("text/html");
        assert_eq!(
            html,
            policy_of(&answer).contains("frame-ancestors") && !request[0].contains("svg"),
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn isolated_pages_are_wanted_by_name_and_promised_at_secure_addresses_only() {
    let site = Site::with(|config| config.isolated = true);
    for answer in [site.get("/").await, site.get("/a.js").await] {
        assert_eq!(answer.headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(answer.headers["cross-origin-embedder-policy"], "require-corp");
    }
    let site = Site::with(|config| {
        config.isolated = true;
        config.origins = ["http://10.1.2.3:8124", "https://app.example"]
            .map(|origin| origin.parse().unwrap())
            .into();
    });
    for (host, promised) in [("10.1.2.3:8124", false), ("app.example", true)] {
        let request = Request::builder()
            .uri("/")
            .header("host", host)
            .header("cookie", &site.cookie)
            .body(Body::empty())
            .unwrap();
        let answer = site.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{host}");
        let has = answer.headers().contains_key("cross-origin-opener-policy");
        assert_eq!(has, promised, "{host}");
    }
}
