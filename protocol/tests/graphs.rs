//! Random graphs, with cycles and shared objects of every kind, over the wire.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_protocol::{
    Args, Boxed, Date, Encoded, ErrorKind, ErrorValue, Graph, Map, Object, RegExp, Set, Sparse,
    Value, View, read_value, write_value,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a node of a graph is, and what it refers to: nodes, by a number that is taken within their count.
#[derive(Clone, Debug)]
struct Plan {
    kind: u8,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
enum Place {
    Node(usize),
    Number(i8),
    /// An object of its own, that holds another place.
    Own(Box<Place>),
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let place = prop_oneof![
        3 => any::<usize>().prop_map(Place::Node),
        1 => any::<i8>().prop_map(Place::Number),
        1 => any::<usize>().prop_map(|node| Place::Own(Box::new(Place::Node(node)))),
    ];
    let plan = (any::<u8>(), vec(place, 0..5)).prop_map(|(kind, places)| Plan { kind, places });
    vec(plan, 1..12)
}

fn built(plans: &[Plan]) -> Value {
    let mut graph = Graph::new();
    let nodes: Vec<_> = plans.iter().map(|_| graph.node()).collect();
    for (node, plan) in nodes.iter().zip(plans) {
        let mut places = plan.places.iter().map(|place| self::place(place, &graph, &nodes));
        let value: Value = match plan.kind % 10 {
            0 => places.collect::<Vec<_>>().into(),
            // Indexes and names, in any order.
            1 => (0..)
                .map(|at| [format!("k{at}"), at.to_string()][at % 2].clone())
                .zip(places)
                .collect::<Object>()
                .into(),
            2 => [("$", places.next().unwrap_or_default())].into_iter().collect::<Object>().into(),
            3 => places.map(|key| (key, 1.0)).collect::<Map>().into(),
            4 => places.enumerate().map(|(at, value)| (at as f64, value)).collect::<Map>().into(),
            5 => places.collect::<Set>().into(),
            6 => {
                let mut array = Sparse::new(9);
                places.enumerate().for_each(|(at, value)| {
                    array.insert([format!("n{at}"), at.to_string()][at % 2].clone(), value);
                });
                array.into()
            }
            7 => ErrorValue {
                kind: ErrorKind::ALL[usize::from(plan.kind) % 7],
                cause: places.next().map(Into::into),
                ..ErrorValue::default()
            }
            .into(),
            8 => Date(f64::from(plan.kind)).into(),
            _ => match plan.kind % 3 {
                0 => RegExp::new("a", "g").unwrap().into(),
                1 => Boxed::Number(-0.0).into(),
                _ => View::uint8(vec![plan.kind].into()).into(),
            },
        };
        graph.set(*node, value).unwrap();
    }
    graph.finish(nodes[0])
}

fn place(place: &Place, graph: &Graph, nodes: &[exciton_protocol::GraphNode]) -> Value {
    match place {
        Place::Node(number) => graph.link(nodes[number % nodes.len()]),
        Place::Number(number) => f64::from(*number).into(),
        Place::Own(inner) => vec![self::place(inner, graph, nodes)].into(),
    }
}

proptest! {
    #[test]
    fn a_graph_comes_back_from_the_wire_as_it_went(plans in plans()) {
        let value = built(&plans);
        let wire = write_value(&value, Value::DEPTH).unwrap();
        let back = read_value(&wire.text, &wire.blobs, Value::DEPTH).unwrap();
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(&back.clone(), &value);
        prop_assert_eq!(&Encoded::from_serialize(&value).unwrap(), &wire);
        prop_assert_eq!(&wire.deserialize::<Value>().unwrap(), &value);
        prop_assert_eq!(&write_value(&back, Value::DEPTH).unwrap().text, &wire.text);
        let _ = format!("{back:?}");
        let _ = wire.deserialize::<serde_json::Value>();
        let _ = serde_json::to_string(&back);
    }

    #[test]
    fn graphs_are_told_apart_by_where_they_refer_to(plans in plans(), node in any::<usize>(), to in any::<usize>()) {
        let mut other = plans.clone();
        let at = node % plans.len();
        let moved = match other[at].places.first_mut() {
            Some(Place::Node(old)) if *old % plans.len() != to % plans.len() => {
                *old = to;
                plans[at].kind % 10 == 0
            }
            _ => false,
        };
        // Whether it is one graph drawn anew depends on the rest, but both sides must agree, and the text with them.
        let (one, two) = (built(&plans), built(&other));
        prop_assert_eq!(one == two, two == one);
        let texts = [&one, &two].map(|value| write_value(value, Value::DEPTH).unwrap().text);
        if moved {
            prop_assert_eq!(one == two, texts[0] == texts[1]);
        } else if texts[0] == texts[1] {
            prop_assert_eq!(one, two);
        }
    }

    #[test]
    fn arguments_share_what_is_theirs(plans in plans()) {
        let value = built(&plans);
        let args = Args::from_serialize(&(&value, 1, [&value])).unwrap();
        let mut reader = args.reader().unwrap();
        let first = reader.read::<Value>().unwrap();
        prop_assert_eq!(reader.read::<u8>().unwrap(), 1);
        let last = reader.read::<Value>().unwrap();
        prop_assert_eq!(&first, &value);
        let inner = &last.as_array().unwrap()[0];
        prop_assert!(first.as_shared().unwrap().same(inner.as_shared().unwrap()));
    }

    #[test]
    fn no_text_makes_a_reader_panic(pieces in vec(prop::sample::select(PIECES), 0..24)) {
        let text = pieces.concat();
        for text in [format!("[{text}]"), text] {
            let blobs = [vec![0; 8].into()];
            if let Ok(value) = read_value(&text, &blobs, 8) {
                let wire = write_value(&value, Value::DEPTH).unwrap();
                prop_assert_eq!(&read_value(&wire.text, &wire.blobs, 9).unwrap(), &value);
            }
            let args = Args::new(text, blobs.to_vec());
            if let Ok(mut reader) = args.reader_with_depth(8) {
                let _ = reader.read::<serde_json::Value>();
                let _ = reader.rest();
            }
        }
    }
}

const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "]]}",
    "[[",
    "1",
    "0",
    "\"a\"",
    "\"a\":",
    "null",
    "true",
    "\"\"",
    "{\"$\":\"def\",\"v\":",
    "{\"$\":\"def\",\"v\":[",
    "{\"$\":\"ref\",\"v\":0}",
    "{\"$\":\"ref\",\"v\":1}",
    "{\"$\":\"map\",\"entries\":[",
    "{\"$\":\"map\",\"entries\":[[",
    "{\"$\":\"map\",\"entries\":[]}",
    "{\"$\":\"set\",\"values\":[",
    "{\"$\":\"set\",\"values\":[]}",
    "{\"$\":\"error\",\"name\":\"Error\"",
    ",\"message\":\"m\"",
    ",\"stack\":\"s\"",
    ",\"cause\":",
    "{\"$\":\"boxed\",\"v\":",
    "{\"$\":\"regexp\",\"source\":\"a\",\"flags\":\"g\"}",
    "{\"$\":\"array\",\"length\":2,\"entries\":[",
    "[\"1\",",
    "[\"n\",",
    "{\"$\":\"object\",\"entries\":[",
    "[\"$\",",
    "{\"$\":\"date\",\"v\":0}",
    "{\"$\":\"arraybuffer\",\"blob\":0}",
    "{\"$\":\"bigint\",\"v\":\"1\"}",
    "{\"$\":\"number\",\"v\":\"NaN\"}",
];
