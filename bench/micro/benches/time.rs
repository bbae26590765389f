//! How long the pieces take.

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use exciton_bench_micro::{
    BATCH, Ends, Page, decode, encode, frame, many_rows, read_row, read_values, replies, row,
    within, write_row,
};

fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(BATCH));
    let (message, calls) = (frame(), replies());
    group.bench_function("decode a batch", |bencher| bencher.iter(|| decode(black_box(&message))));
    group.bench_function("encode a batch", |bencher| bencher.iter(|| encode(black_box(&calls))));
    group.throughput(Throughput::Elements(1));
    let (one, args) = (row(1), many_rows(1_000));
    group.bench_function("write an object", |bencher| bencher.iter(|| write_row(black_box(&one))));
    let single = exciton_protocol::Args::from_serialize(&(row(1),)).ok();
    group.bench_function("read an object", |bencher| {
        bencher.iter(|| single.as_ref().map(|single| read_row(black_box(single))));
    });
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("read 1,000 objects as values", |bencher| {
        bencher.iter(|| args.as_ref().map(|args| read_values(black_box(args))));
    });
    group.bench_function("count what is in 1,000 objects", |bencher| {
        bencher.iter(|| args.as_ref().map(|args| within(black_box(args))));
    });
    group.finish();
}

fn link(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("link");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("a batch there and back", |bencher| {
        bencher.iter_batched(
            Ends::connected,
            |ends| ends.and_then(|mut ends| ends.there_and_back()),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn dispatch(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dispatch");
    group.throughput(Throughput::Elements(BATCH));
    for channels in [10, 100_000] {
        let page = Page::among(channels);
        group.bench_function(format!("send among {channels} channels"), |bencher| {
            bencher.iter(|| page.as_ref().map(|page| page.send(BATCH)));
        });
        group.bench_function(format!("invoke among {channels} channels"), |bencher| {
            bencher.iter(|| page.as_ref().map(|page| page.invoke(BATCH)));
        });
    }
    group.finish();
}

criterion_group!(benches, codec, link, dispatch);
criterion_main!(benches);
