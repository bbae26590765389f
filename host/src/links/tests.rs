//! Documents that were in their tab so shortly that a goodbye is all that comes of them, whenever it comes.

use axum::http::Extensions;
use exciton_protocol::{Gone, TabId};

use super::*;
use crate::application::Nobody;
use crate::document::Way;

const EPOCH: Epoch = Epoch::from_bits(1);

/// A tab with a page in it.
struct Desk {
    links: Arc<Links>,
    heard: Arc<Mutex<Vec<String>>>,
    tab: TabId,
    shown: Arc<Document>,
}

fn id(bits: u128) -> LinkId {
    LinkId::from_bits(bits)
}

impl Desk {
    /// Document 1 is connected, by connection 1.
    fn new() -> Self {
        let (ipc_main, heard) = (IpcMain::new(), Arc::<Mutex<Vec<String>>>::default());
        let notes = heard.clone();
        ipc_main.on("note", move |_event, note: String| notes.lock().unwrap().push(note));
        let (limits, door_limits) = (Limits::default(), DoorLimits::default());
        let nobody = Arc::new(Nobody);
        let links = Links::new(EPOCH, limits, door_limits, ipc_main, Arc::default(), nobody);
        let shown = visit(&links, 1, false, &TabInfo::default()).unwrap();
        let desk = Self { tab: shown.tab(), links, heard, shown };
        desk.connect(&desk.shown.clone(), 1);
        desk
    }

    fn connect(&self, document: &Document, conn: ConnId) {
        document.lock().link.handle_hello(conn, conn, 0, 0, document.now()).unwrap();
    }

    /// What a document finds in the tab's storage whose predecessor has left the mark.
    fn after(&self, left: u128) -> TabInfo {
        let left = id(left).to_string();
        TabInfo { tab: self.tab.to_string(), previous: left.clone(), left, ..TabInfo::default() }
    }

    fn arrive(&self, link: u128, left: u128) -> Arc<Document> {
        visit(&self.links, link, false, &self.after(left)).unwrap()
    }

    /// A document says goodbye, and that is the first that comes of it.
    fn part(&self, link: u128, left: u128) -> Arc<Document> {
        let document = visit(&self.links, link, true, &self.after(left)).unwrap();
        let packet = serde_json::json!(["data", 0, 0, [["send", "note", [format!("of {link}")]]]]);
        let message = exciton_protocol::Message::Text(packet.to_string().into());
        let frame = exciton_protocol::Frame::decode(&message).unwrap();
        let mut state = document.lock();
        document.take(&mut state, Way::Sync, false, frame, 10).unwrap();
        document.said_goodbye(&mut state);
        drop(state);
        document
    }

    fn shows(&self, link: u128) -> bool {
        let active = self.shown.renderer.active().map(|active| active.id);
        let shows = self.links.lock().tabs.shows(self.tab);
        active == Some(id(link)) && shows == active && self.links.lock().tabs.len() == 1
    }

    /// What its page sent was heard.
    async fn heard(&self, link: u128) {
        let note = format!("of {link}");
        let end = tokio::time::Instant::now() + Duration::from_secs(10);
        while !self.heard.lock().unwrap().contains(&note) {
            assert!(tokio::time::Instant::now() < end, "{note} was not heard");
            tokio::task::yield_now().await;
        }
    }
}

fn visit(
    links: &Arc<Links>,
    link: u128,
    leaving: bool,
    tab: &TabInfo,
) -> Result<Arc<Document>, NoLink> {
    let extensions = Extensions::default();
    let first = leaving.then_some(0);
    let link = id(link);
    links.visit(&Visit {
        link,
        epoch: EPOCH,
        fresh: true,
        first,
        leaving,
        tab,
        extensions: &extensions,
        origin: "",
    })
}

#[tokio::test]
async fn the_late_goodbye_of_a_document_that_nobody_knew_takes_no_page_away() {
    let desk = Desk::new();
    // Another document was there for a moment, and the user has gone back: the first one was in the browser's cache.
    desk.shown.freeze(1);
    desk.connect(&desk.shown, 2);
    desk.links.thaw(&desk.shown, &Extensions::default());
    let late = desk.part(2, 1);
    assert!(desk.shows(1));
    assert_eq!(desk.shown.lock().link.conn(), Some(2), "the page that is there keeps its link");
    assert!(late.lock().retired);
    desk.heard(2).await;
}

#[tokio::test]
async fn it_takes_none_from_a_page_that_came_back_by_a_request() {
    let desk = Desk::new();
    desk.shown.freeze(1);
    desk.links.thaw(&desk.shown, &Extensions::default());
    desk.part(2, 1);
    assert!(desk.shows(1));
    assert!(!desk.shown.lock().retired);
}

#[tokio::test]
async fn a_page_finds_its_tab_whenever_the_goodbye_of_the_one_before_comes() {
    // Before it, after it, and before the close of the page that the host knows.
    for order in 0..3 {
        let desk = Desk::new();
        let leave = |conn| desk.shown.disconnected(conn, Gone::Bye);
        match order {
            0 => {
                leave(1);
                desk.part(2, 1);
                desk.arrive(3, 2);
            }
            1 => {
                leave(1);
                desk.arrive(3, 2);
                desk.part(2, 1);
            }
            _ => {
                desk.part(2, 1);
                assert!(desk.shows(1));
                leave(1);
                desk.arrive(3, 2);
            }
        }
        assert!(desk.shows(3), "{order}");
        desk.heard(2).await;
    }
}

#[tokio::test]
async fn a_goodbye_in_its_turn_is_the_tabs_last_word() {
    let desk = Desk::new();
    desk.shown.disconnected(1, Gone::Bye);
    desk.part(2, 1);
    assert!(desk.shows(2));
    desk.heard(2).await;
}

#[tokio::test]
async fn a_copy_of_a_tab_whose_page_is_there_is_a_tab_of_its_own() {
    let desk = Desk::new();
    let copy = TabInfo { left: String::new(), ..desk.after(1) };
    let other = visit(&desk.links, 2, false, &copy).unwrap();
    assert_ne!(other.tab(), desk.tab);
    assert_eq!(desk.shown.renderer.active().map(|active| active.id), Some(id(1)));
}

#[tokio::test]
async fn nothing_is_left_of_the_pages_of_an_application_that_is_dropped() {
    let desk = Desk::new();
    // One on its way out, one that is shown, and a tab that nobody has come to yet.
    let next = desk.arrive(2, 1);
    let waiting = desk.links.expect().unwrap();
    let page = crate::web_contents::WebContents::new(next.renderer.clone());
    let own = page.clone();
    page.on_destroyed(move |_| drop(own.clone()));
    let (documents, renderers) = ([&desk.shown, &next], [&next.renderer, &waiting]);
    let documents = documents.map(Arc::downgrade);
    let renderers = renderers.map(Arc::downgrade);
    drop((desk, next, waiting, page));
    // A runner may still be at work.
    let end = tokio::time::Instant::now() + Duration::from_secs(10);
    let left = || {
        let documents = documents.iter().map(std::sync::Weak::strong_count).sum::<usize>();
        documents + renderers.iter().map(std::sync::Weak::strong_count).sum::<usize>()
    };
    while left() > 0 {
        assert!(tokio::time::Instant::now() < end, "{} are left", left());
        tokio::task::yield_now().await;
    }
}
