//! Who is in, and wants files that are not served.

use crate::attempt::{Row, make_all, row};
use crate::request::Base::{File, Page, Script};
use crate::request::Wrong::{Add, Line, Set};

pub const PATHS: &[Row] = &[
    row(&[File], "up", Line("GET /../outside.txt HTTP/1.1"), 404),
    row(&[File], "up from a folder", Line("GET /ui/../../outside.txt HTTP/1.1"), 404),
    row(&[File], "up and down again", Line("GET /ui/../page.js HTTP/1.1"), 404),
    row(&[File], "up, encoded", Line("GET /%2e%2e/outside.txt HTTP/1.1"), 404),
    row(&[File], "up, half encoded", Line("GET /.%2E/outside.txt HTTP/1.1"), 404),
    row(&[File], "up, encoded twice", Line("GET /%252e%252e/outside.txt HTTP/1.1"), 404),
    row(&[File], "up, with an encoded slash", Line("GET /..%2foutside.txt HTTP/1.1"), 404),
    row(&[File], "up, with a backslash", Line("GET /..%5coutside.txt HTTP/1.1"), 404),
    row(&[File], "up, in too many bytes", Line("GET /%c0%ae%c0%ae/outside.txt HTTP/1.1"), 404),
    row(&[File], "up, with a zero byte", Line("GET /..%00/outside.txt HTTP/1.1"), 404),
    row(&[File], "from the root of the disk", Line("GET //etc/passwd HTTP/1.1"), 404),
    row(&[File], "from the root, encoded", Line("GET /%2fetc%2fpasswd HTTP/1.1"), 404),
    row(&[File], "by a file URL", Line("GET file:///etc/passwd HTTP/1.1"), 400),
    row(&[File], "a hidden file", Line("GET /.env HTTP/1.1"), 404),
    row(&[File], "a hidden file, encoded", Line("GET /%2eenv HTTP/1.1"), 404),
    row(&[File], "a hidden folder", Line("GET /.git/config HTTP/1.1"), 404),
    row(&[File], "a hidden file in a folder", Line("GET /ui/.hidden HTTP/1.1"), 404),
    row(&[File], "a link that leads out", Line("GET /out.txt HTTP/1.1"), 404),
    row(&[File], "a linked folder that leads out", Line("GET /out/outside.txt HTTP/1.1"), 404),
    row(&[File], "a link to a hidden file", Line("GET /in.txt HTTP/1.1"), 404),
    row(&[File], "a pipe", Line("GET /pipe HTTP/1.1"), 404),
    row(
        &[File],
        "a name with an end that no browser sees",
        Line("GET /page.js%00.html HTTP/1.1"),
        404,
    ),
    row(&[File], "a name with a stream", Line("GET /page.js::$DATA HTTP/1.1"), 404),
    row(&[File], "a name with a dot behind", Line("GET /page.js. HTTP/1.1"), 404),
    row(&[File], "a name with a space behind", Line("GET /page.js%20 HTTP/1.1"), 404),
    row(&[File], "a name with a return", Line("GET /page.js%0d%0aset-cookie:x HTTP/1.1"), 404),
    row(&[File], "a file as a folder", Line("GET /page.js/ HTTP/1.1"), 404),
    row(&[File], "a list of a folder", Line("GET /empty/ HTTP/1.1"), 404),
    row(
        &[Script],
        "the renderer at a name like ours",
        Line("GET /%5fexciton/electron.js HTTP/1.1"),
        404,
    ),
    row(
        &[Script],
        "the renderer with an encoded letter",
        Line("GET /_exciton/%65lectron.js HTTP/1.1"),
        404,
    ),
    row(
        &[Script],
        "the renderer behind two slashes",
        Line("GET //_exciton/electron.js HTTP/1.1"),
        404,
    ),
    row(&[Script], "the folder of our routes", Line("GET /_exciton/ HTTP/1.1"), 404),
    row(&[Script], "the socket in a folder", Line("GET /_exciton/socket/ HTTP/1.1"), 404),
    row(&[File], "many ranges", Add("range", "bytes=0-1,2-3,4-5"), 416),
    row(&[File], "a range past the end", Add("range", "bytes=99999999-"), 416),
    row(
        &[Page],
        "a script in the path",
        Line("GET /%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1"),
        404,
    ),
    row(
        &[Page],
        "a script in the path, as it is",
        Line("GET /<script>alert(1)</script> HTTP/1.1"),
        400,
    ),
    row(&[Page], "a script in the host", Set("host", "<script>alert(1)</script>"), 400),
];

#[tokio::test]
async fn no_path_leads_out_of_the_folder_or_to_what_is_hidden() {
    make_all(PATHS).await;
}
