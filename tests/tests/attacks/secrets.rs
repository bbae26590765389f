//! Who has no secret, another one, or one that was used: cookies and tickets.

use futures_util::future::join_all;

use crate::attempt::{Row, make_all, refused, row, succeeds};
use crate::request::Base::{self, Boot, Enter, File, Page, Script, Socket, Sync};
use crate::request::Wrong::{Change, Drop, Line, Set};
use crate::request::{INSIDE, Request};
use crate::target::Target;

/// A page, a file, and the two that reach listeners.
const SOME: &[Base] = &[Page, File, Socket, Sync];

pub const COOKIES: &[Row] = &[
    row(INSIDE, "none", Drop("cookie"), 401),
    // It says in the page's place how to come in, and has nothing of the renderer: browsers run only what is 200.
    row(&[Script], "none", Drop("cookie"), 200),
    row(SOME, "another port's", Set("cookie", "exciton-{other}={value}"), 401),
    row(SOME, "without the port", Set("cookie", "exciton={value}"), 401),
    row(&[Page], "of another mount", Set("cookie", "exciton-{port}-00000000={value}"), 401),
    row(&[Page], "with a name in capitals", Set("cookie", "EXCITON-{port}={value}"), 401),
    row(&[Page], "inside another's value", Set("cookie", "a=exciton-{port}={value}"), 401),
    row(&[Page], "behind a comma", Set("cookie", "a=b, exciton-{port}={value}"), 401),
    row(SOME, "empty", Set("cookie", "exciton-{port}="), 401),
    row(SOME, "made up", Set("cookie", FORGED), 401),
    row(&[Page], "true", Set("cookie", "exciton-{port}=1"), 401),
    row(SOME, "cut short", Change(cut), 401),
    row(&[Page], "with more behind it", Set("cookie", "exciton-{port}={value}00"), 401),
    row(&[Page], "in capitals", Change(in_capitals), 401),
    row(&[Page], "in quotes", Set("cookie", "exciton-{port}=\"{value}\""), 401),
    row(SOME, "with another id", Change(|request| flip(request, 0)), 401),
    row(SOME, "with another age", Change(|request| flip(request, 40)), 401),
    row(SOME, "with another signature", Change(|request| flip(request, 111)), 401),
    row(&[Page], "as a password", Change(as_password), 401),
    row(&[Page], "in the address", Change(in_the_address), 401),
];

const FORGED: &str = "exciton-{port}=00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

pub const TICKETS: &[Row] = &[
    row(
        &[Enter],
        "guessed",
        Line("GET /_exciton/enter/00112233445566778899aabbccddeeff HTTP/1.1"),
        401,
    ),
    row(&[Enter], "none", Line("GET /_exciton/enter/ HTTP/1.1"), 401),
    row(
        &[Enter],
        "cut short",
        Change(|request| {
            request.line =
                request.line.replacen(" HTTP", "", 1).split_at(50).0.to_owned() + " HTTP/1.1"
        }),
        401,
    ),
    row(&[Enter], "with more behind it", Line("GET /_exciton/enter/{ticket}0 HTTP/1.1"), 401),
    row(&[Enter], "with a slash behind it", Line("GET /_exciton/enter/{ticket}/ HTTP/1.1"), 401),
    row(
        &[Enter],
        "with a zero byte behind it",
        Line("GET /_exciton/enter/{ticket}%00 HTTP/1.1"),
        401,
    ),
    row(&[Enter], "with a space behind it", Line("GET /_exciton/enter/{ticket}%20 HTTP/1.1"), 401),
    row(&[Enter], "in the query", Line("GET /_exciton/enter/?{ticket} HTTP/1.1"), 401),
    row(&[Enter], "in a folder", Line("GET /_exciton/enter/x/{ticket} HTTP/1.1"), 401),
    row(&[Enter], "behind dots", Line("GET /_exciton/enter/../enter/{ticket} HTTP/1.1"), 401),
    row(&[Enter], "at another address", Line("GET /_exciton/Enter/{ticket} HTTP/1.1"), 401),
];

fn cookie(request: &mut Request, change: impl Fn(&str, &str) -> String) {
    let header = request.headers.iter_mut().find(|(name, _)| name == "cookie").unwrap();
    let (name, value) = header.1.split_once('=').unwrap();
    header.1 = change(name, value);
}

fn cut(request: &mut Request) {
    cookie(request, |name, value| format!("{name}={}", &value[..value.len() - 2]));
}

fn in_capitals(request: &mut Request) {
    cookie(request, |name, value| format!("{name}={}", value.to_uppercase()));
}

/// Turns one bit of a digit over.
fn flip(request: &mut Request, at: usize) {
    cookie(request, |name, value| {
        let digit = u8::from_str_radix(&value[at..=at], 16).unwrap() ^ 1;
        format!("{name}={}{digit:x}{}", &value[..at], &value[at + 1..])
    });
}

fn as_password(request: &mut Request) {
    let (_, cookie) = take(request);
    request.set("authorization", &format!("Bearer {cookie}"));
}

fn in_the_address(request: &mut Request) {
    let (name, value) = take(request);
    request.line = format!("GET /index.html?{name}={value} HTTP/1.1");
}

fn take(request: &mut Request) -> (String, String) {
    let at = request.headers.iter().position(|(name, _)| name == "cookie").unwrap();
    let (_, cookie) = request.headers.remove(at);
    let (name, value) = cookie.split_once('=').unwrap();
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn nobody_comes_in_without_a_cookie_of_ours() {
    make_all(COOKIES).await;
}

#[tokio::test]
async fn nobody_comes_in_without_a_ticket_of_ours() {
    make_all(TICKETS).await;
}

#[tokio::test]
async fn another_applications_secrets_open_nothing_here() {
    let (mut ours, mut theirs) = (Target::start().await, Target::start().await);
    let (_, value) = theirs.cookie.split_once('=').unwrap();
    let foreign = format!("exciton-{}={value}", ours.address().port());
    for base in [Page, Boot, Socket, Sync] {
        let request = base.request(&ours, "");
        let mut wrong = request.clone();
        wrong.set("cookie", &foreign);
        let before = ours.state().await;
        let answer = crate::client::exchange(ours.address(), &wrong.bytes()).await;
        assert_eq!(refused(&answer, 401, &ours), Ok(()), "{base:?}");
        assert_eq!(ours.state().await, before, "{base:?}");
        assert_eq!(succeeds(&mut ours, base, &request).await, Ok(()), "{base:?}");
        ours.settled().await;
    }
    let ticket = theirs.ticket().await;
    let answer =
        crate::client::exchange(ours.address(), &Enter.request(&ours, &ticket).bytes()).await;
    assert_eq!(refused(&answer, 401, &ours), Ok(()));
    let request = Enter.request(&theirs, &ticket);
    assert_eq!(succeeds(&mut theirs, Enter, &request).await, Ok(()));
}

#[tokio::test]
async fn a_ticket_lets_one_in_of_many_that_show_it_at_once() {
    let mut target = Target::start().await;
    let ticket = target.ticket().await;
    let request = Enter.request(&target, &ticket).bytes();
    let asking = (0..32).map(|_| crate::client::exchange(target.address(), &request));
    let answers = join_all(asking).await;
    let (inside, outside): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| !answer.header("set-cookie").is_empty());
    assert_eq!(inside.len(), 1);
    for answer in outside {
        assert_eq!(refused(&answer, 401, &target), Ok(()));
    }
    // One who is in already leaves the ticket to others.
    let ticket = target.ticket().await;
    let mut known = Enter.request(&target, &ticket);
    known.set("cookie", &target.cookie);
    let answer = crate::client::exchange(target.address(), &known.bytes()).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (200, ""));
    let request = Enter.request(&target, &ticket);
    assert_eq!(succeeds(&mut target, Enter, &request).await, Ok(()));
}
