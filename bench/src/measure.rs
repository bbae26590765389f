//! What is measured, and in which unit.

/// One figure of a contender.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measure {
    /// As it is called in all that is printed.
    pub name: &'static str,
    /// The unit of its numbers.
    pub unit: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
}

const fn measure(name: &'static str, unit: &'static str, about: &'static str) -> Measure {
    Measure { name, unit, about }
}

/// All of them, in the order of the tables.
pub const MEASURES: [Measure; 15] = [
    measure("invoke_p50", "µs", "one call after the other, median"),
    measure("invoke_p99", "µs", "one call after the other, 99th percentile"),
    measure("invoke_mean", "µs", "one call after the other, mean: what a coarse clock can tell"),
    measure("pipelined", "calls/s", "10,000 calls at once, until the last answer"),
    measure("send", "messages/s", "100,000 one-way messages, until the host has had them"),
    measure("push", "messages/s", "100,000 messages of the host, until the last listener has run"),
    measure("binary_1m", "MiB/s", "echo of 1 MiB of bytes"),
    measure("binary_16m", "MiB/s", "echo of 16 MiB of bytes"),
    measure("json_1m", "MiB/s", "echo of 10,000 objects, 1.1 MiB of JSON"),
    measure("sync_p50", "µs", "a synchronous call, median"),
    measure("sync_p99", "µs", "a synchronous call, 99th percentile"),
    measure("start_sync", "ms", "from the navigation to the first synchronous answer"),
    measure("start_invoke", "ms", "from the navigation to the first answer"),
    measure("idle_bytes", "bytes", "the host's memory for each idle link"),
    measure("host_cpu", "µs", "the host's CPU time for each message of pipelined, send and push"),
];

/// The one of that name.
pub fn named(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}
