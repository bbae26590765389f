//! How many instructions the pieces take: the same on every run, so that a small change shows.

#![allow(missing_docs)]

use std::hint::black_box;

use exciton_bench_micro::{
    BATCH, Ends, Page, Row, decode, encode, frame, many_rows, read_row, read_values, replies, row,
    within, write_row,
};
use exciton_protocol::{Args, Encoded, Frame, Message, Packet};
use gungraun::{library_benchmark, library_benchmark_group, main};

#[library_benchmark]
#[bench::batch(frame())]
fn decode_frame(message: Message) -> (Message, Option<Frame>) {
    let read = decode(black_box(&message));
    (message, read)
}

#[library_benchmark]
#[bench::batch(replies())]
fn encode_frame(packets: Vec<Packet>) -> (Vec<Packet>, Message) {
    let written = encode(black_box(&packets));
    (packets, written)
}

#[library_benchmark]
#[bench::object(row(1))]
fn write_value(row: Row) -> (Row, Option<Encoded>) {
    let written = write_row(black_box(&row));
    (row, written)
}

fn one_row() -> Option<Args> {
    Args::from_serialize(&(row(1),)).ok()
}

#[library_benchmark]
#[bench::object(one_row())]
fn read_value(args: Option<Args>) -> (Option<Args>, Option<Row>) {
    let read = args.as_ref().and_then(|args| read_row(black_box(args)));
    (args, read)
}

#[library_benchmark]
#[bench::objects_1000(many_rows(1_000))]
fn read_any(args: Option<Args>) -> (Option<Args>, usize) {
    let read = args.as_ref().map_or(0, |args| read_values(black_box(args)));
    (args, read)
}

#[library_benchmark]
#[bench::objects_1000(many_rows(1_000))]
fn bounds(args: Option<Args>) -> (Option<Args>, bool) {
    let held = args.as_ref().is_some_and(|args| within(black_box(args)));
    (args, held)
}

#[library_benchmark]
#[bench::batch(Ends::connected())]
fn there_and_back(ends: Option<Ends>) -> Option<(Ends, Option<(u32, u32)>)> {
    ends.map(|mut ends| {
        let arrived = ends.there_and_back();
        (ends, arrived)
    })
}

/// One that has been called already: what is made once isn't counted.
fn page(channels: u64) -> Option<Page> {
    let page = Page::among(channels)?;
    page.send(1)?;
    page.invoke(1)?;
    Some(page)
}

#[library_benchmark]
#[bench::among_10(page(10))]
#[bench::among_100000(page(100_000))]
fn send(page: Option<Page>) -> (Option<u64>, Option<Page>) {
    (page.as_ref().and_then(|page| page.send(BATCH)), page)
}

#[library_benchmark]
#[bench::among_10(page(10))]
#[bench::among_100000(page(100_000))]
fn invoke(page: Option<Page>) -> (bool, Option<Page>) {
    (page.as_ref().is_some_and(|page| page.invoke(BATCH).is_some()), page)
}

library_benchmark_group!(
    name = codec;
    benchmarks = decode_frame, encode_frame, write_value, read_value, read_any, bounds
);
library_benchmark_group!(name = link; benchmarks = there_and_back);
library_benchmark_group!(name = dispatch; benchmarks = send, invoke);
main!(library_benchmark_groups = codec, link, dispatch);
