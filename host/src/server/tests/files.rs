//! Files that are odd on the disk: nothing waits for them, nothing grows with them.

use std::io::Write;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn what_no_file_can_be_called_is_not_there() {
    let site = Site::new();
    let long = format!("/{}", "a".repeat(10_000));
    let deep = "/a".repeat(5_000);
    for path in [&long, &deep, "/%252e%252e/a.js", "/..%252fa.js", "/%2e%2e%2fa.js", "/ui%00/"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path:.80}");
        assert!(answer.text.len() < 2_000, "{path:.80}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn pipes_sockets_devices_and_folders_are_not_there_and_hold_nobody_up() {
    let site = Site::new();
    let folder = site.folder.path();
    for pipe in ["pipe", "pipe.html", "pipe.svg"] {
        let made = std::process::Command::new("mkfifo").arg(folder.join(pipe)).status().unwrap();
        assert!(made.success());
    }
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket.html")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("zero.html")).unwrap();
    fs::create_dir_all(folder.join("named.html")).unwrap();
    fs::create_dir_all(folder.join("index/index.html")).unwrap();
    for (path, status) in [
        ("/pipe", StatusCode::NOT_FOUND),
        ("/pipe.html", StatusCode::NOT_FOUND),
        ("/pipe.svg", StatusCode::NOT_FOUND),
        ("/socket.html", StatusCode::NOT_FOUND),
        ("/zero.html", StatusCode::NOT_FOUND),
        ("/named.html", StatusCode::PERMANENT_REDIRECT),
        ("/named.html/", StatusCode::NOT_FOUND),
        ("/index/", StatusCode::NOT_FOUND),
    ] {
        let answer = tokio::time::timeout(LIMIT, site.get(path)).await;
        assert_eq!(answer.unwrap().status, status, "{path}");
    }
}

#[tokio::test]
async fn a_file_that_grows_while_it_is_sent_ends_where_its_answer_says() {
    let site = Site::new();
    let folder = site.folder.path().to_owned();
    // More than a connection takes at once.
    let long = vec![b'a'; 8 << 20];
    for name in ["log.txt", "log.html", "log.svg"] {
        fs::write(folder.join(name), &long).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, site.router.clone()).into_future());
    for name in ["log.txt", "log.html", "log.svg"] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /{name} HTTP/1.1\r\nhost: 127.0.0.1:8124\r\ncookie: {}\r\nconnection: close\r\n\r\n",
            site.cookie
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            assert!(connection.read_buf(&mut answer).await.unwrap() > 0, "{name}");
        }
        let mut file = fs::OpenOptions::new().append(true).open(folder.join(name)).unwrap();
        file.write_all(&[b'b'; 1000]).unwrap();
        let rest = connection.read_to_end(&mut answer);
        tokio::time::timeout(LIMIT, rest).await.unwrap().unwrap();
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        let text = String::from_utf8_lossy(&answer[..head]).to_lowercase();
        let said = text.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(answer.len() - head - 4, said.parse::<usize>().unwrap(), "{name}");
        assert!(!answer.ends_with(b"b"), "{name}");
    }
}
