//! Another version is refused by name, in words that the other version reads.

use runtime_node::client::Client;
use runtime_node::message::{NodeAnswer, NodeRequest, Refusal, VERSION};

use crate::damage::by_frame;
use crate::simulated::{frame, meet, receive, send};

/// The frames of version 1, as that release wrote them down.
const FORMER: &str = include_str!("../golden/frames-v1.txt");

/// What version 1 reads as the refusal of its version: direction, number, `Refused`,
/// `Version`, and the node's.
fn version_refused(sequence: u8) -> Vec<u8> {
    by_frame(&[0x41, sequence, 1, 0, 2])
}

#[test]
fn every_request_of_version_1_is_refused_by_name_and_changes_nothing() {
    let (mut node, _) = meet();
    let lines = FORMER.lines().map(|line| line.split_once("  ").unwrap());
    let requests = lines.take_while(|(_, told)| !told.starts_with("Hello(")).map(|(hex, _)| {
        let digits: Vec<char> = hex.chars().collect();
        let byte =
            |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
        digits.chunks(2).map(byte).collect::<Vec<u8>>()
    });

    for (sequence, request) in (1..).zip(requests) {
        assert_eq!(send(&mut node, &request, 0), version_refused(sequence), "{sequence}");
    }
    assert_eq!(node.hardware().heatings, [0]);
}

#[test]
fn a_later_version_is_refused_by_name() {
    let (mut node, _) = meet();

    let refused = send(&mut node, &by_frame(&[0x51, 6, 0, 3, 7, 7, 7]), 0);

    assert_eq!(refused, version_refused(6));
}

/// Version 1 reads direction, number, variant and version, and refuses the rest unread.
#[test]
fn version_1_finds_a_hello_where_it_looks_for_one_and_its_refusal_is_read() {
    let mut client = Client::new(4);

    let hello = frame(&mut client, &Client::hello());

    assert_eq!(hello[..5], [3, 0x51, 5, 2, 2]);
    let refused = receive(&mut client, &by_frame(&[0x41, 5, 1, 0, 1]));
    assert_eq!(refused, NodeAnswer::Refused(Refusal::Version { node: 1 }));
    assert_eq!(Client::hello(), NodeRequest::Hello { version: VERSION });
}
