//! What Electron throws for and the compiler refuses here, by Electron's numbers. Each example differs in one thing from
//! those of the first item, which compile.

/// ```
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message("channel", "message", &[port]);
/// # }
/// ```
///
/// ```
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message("channel", "message", &[port]);
/// # }
/// ```
///
/// ```
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = port.post_message("message", &[]);
/// # }
/// ```
fn what_is_right_compiles() {}

/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = port.post_message("message", &[None]);
/// # }
/// ```
fn case_49_a_port_can_not_be_null() {}

/// ```compile_fail,E0061
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message();
/// # }
/// ```
///
/// ```compile_fail,E0061
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message();
/// # }
/// ```
fn case_55_a_channel_can_not_be_missing() {}

/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message(5, "message", &[port]);
/// # }
/// ```
///
/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message(5, "message", &[port]);
/// # }
/// ```
fn case_56_a_channel_can_not_be_anything_but_text() {}

/// ```compile_fail,E0061
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message("channel");
/// # }
/// ```
///
/// ```compile_fail,E0061
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message("channel");
/// # }
/// ```
fn case_57_a_message_can_not_be_missing() {}

/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message("channel", "message", false);
/// # }
/// ```
///
/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message("channel", "message", false);
/// # }
/// ```
fn case_59_a_list_of_ports_can_not_be_anything_else() {}

/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message("channel", "message", &[123]);
/// # }
/// ```
///
/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message("channel", "message", &[123]);
/// # }
/// ```
fn case_60_a_port_can_not_be_another_value() {}

/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = page.post_message("channel", "message", &[None]);
/// # }
/// ```
///
/// ```compile_fail,E0308
/// # fn f(page: exciton::WebContents, frame: exciton::WebFrameMain, port: exciton::MessagePortMain) {
/// let _ = frame.post_message("channel", "message", &[None]);
/// # }
/// ```
fn case_61_a_port_of_a_page_can_not_be_null() {}
