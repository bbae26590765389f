//! `https` by a certificate that the test has made: the listener's own TLS, without a proxy.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use exciton::{App, Certificate, IpcMainEvent, KeySource, Opening};
use exciton_e2e::{Browser, HostCommand, in_each_engine};
use rcgen::CertifiedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

fn certificate() -> CertifiedKey {
    rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap()
}

/// What answers to a request over TLS by a client that knows the certificate, up to the end of its head.
async fn ask(authority: &str, made: &CertifiedKey, request: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(authority).await.unwrap();
    let name = "127.0.0.1".try_into().unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

/// The certificate's files in a folder, and a page beside them.
fn files(folder: &Path, made: &CertifiedKey) -> [PathBuf; 2] {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    file("index.html", "<!doctype html><title>page</title>");
    [file("chain.pem", &made.cert.pem()), file("key.pem", &made.key_pair.serialize_pem())]
}

async fn serve(app: App) -> App {
    let app = app.key(KeySource::Ephemeral).opening(Opening::Nothing);
    let running = app.clone();
    tokio::spawn(async move { running.run().await.map_err(|error| error.to_string()) });
    while app.invite().is_err() {
        tokio::task::yield_now().await;
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_the_way_in_the_cookie_and_the_socket_are_on_https_only() {
    let made = certificate();
    let pem = Certificate::Pem { chain: made.cert.pem(), key: made.key_pair.serialize_pem() };
    let app = serve(App::new().tls(pem)).await;
    let url = app.invite().unwrap();
    let (authority, path) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();

    let enter = format!("GET /{path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    let mut plain = TcpStream::connect(authority).await.unwrap();
    plain.write_all(enter.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));

    let answer = ask(authority, &made, &enter).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("strict-transport-security"), "{answer}");
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(set.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{set}");
    let cookie = set.split(';').next().unwrap();

    for (origin, status) in [("https", "101"), ("http", "403")] {
        let upgrade = format!(
            "GET /_exciton/socket HTTP/1.1\r\nhost: {authority}\r\norigin: {origin}://{authority}\r\n\
             cookie: {cookie}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        let answer = ask(authority, &made, &upgrade).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{origin}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_takes_its_certificate_by_its_options() {
    let (folder, made) = (tempfile::tempdir().unwrap(), certificate());
    let [chain, key] = files(folder.path(), &made);
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--ephemeral", "--page"])
        .arg(folder.path())
        .arg("--tls-cert")
        .arg(chain)
        .arg("--tls-key")
        .arg(key);
    let url = host.start().await.unwrap().url().to_owned();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_https_speaks_over_its_socket_and_synchronously() {
    in_each_engine(|engine| async move {
        let (folder, made) = (tempfile::tempdir().unwrap(), certificate());
        let [chain, key] = files(folder.path(), &made);
        let app = App::new().root(folder.path()).tls(Certificate::Files { chain, key });
        app.ipc_main().on("twice", |event: IpcMainEvent, n: i64| event.set_return_value(2 * n));
        let app = serve(app).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(&app.invite().unwrap()).await.unwrap();
        let open = "globalThis.require?.('electron').connection.state === 'open'";
        browser.wait_until(open, LIMIT).await.unwrap();
        let asked = "require('electron').ipcRenderer.sendSync('twice', 21)";
        assert_eq!(browser.eval(asked).await.unwrap(), 42, "{engine}");
    })
    .await;
}
