use std::sync::mpsc;

use futures::executor::block_on;
use futures::future::{FutureExt, join, join_all};

use super::*;
use crate::HashedEncoder;

/// An encoder whose batches are seen, and begin only when they are let through.
struct Gate {
    begun: mpsc::Receiver<Vec<String>>,
    pass: mpsc::Sender<()>,
}

fn gated(limits: Limits) -> (SharedEncoder, Gate) {
    let (seen, begun) = mpsc::channel();
    let (pass, passed) = mpsc::channel();
    let encode = move |texts: &[String]| {
        let _ = seen.send(texts.to_vec());
        let _ = passed.recv();
        Ok(texts.iter().map(|t| HashedEncoder.vector(t)).collect())
    };
    (
        SharedEncoder::new(encode, limits).unwrap(),
        Gate { begun, pass },
    )
}

fn counted() -> (SharedEncoder, mpsc::Receiver<usize>) {
    let (seen, batches) = mpsc::channel();
    let encode = move |texts: &[String]| {
        let _ = seen.send(texts.len());
        Ok(texts.iter().map(|t| HashedEncoder.vector(t)).collect())
    };
    (
        SharedEncoder::new(encode, Limits::default()).unwrap(),
        batches,
    )
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

#[test]
fn answers_in_the_order_of_the_texts() {
    let (encoder, _) = counted();
    let asked = texts(&["one", "two", "", "one"]);
    let vectors = block_on(encoder.encode(asked.clone())).unwrap();
    for (vector, text) in vectors.iter().zip(&asked) {
        assert_eq!(*vector, HashedEncoder.vector(text));
    }
    assert_eq!(vectors.len(), 4);
    assert!(block_on(encoder.encode(Vec::new())).unwrap().is_empty());
}

#[test]
fn what_waits_meanwhile_becomes_one_batch() {
    let (encoder, gate) = gated(Limits::default());
    let mut first = encoder.encode(texts(&["first"]));
    assert!(first.as_mut().now_or_never().is_none());
    assert_eq!(gate.begun.recv().unwrap(), ["first"]);

    let mut second = encoder.encode(texts(&["second"]));
    let mut third = encoder.encode(texts(&["third", "fourth"]));
    assert!(second.as_mut().now_or_never().is_none());
    assert!(third.as_mut().now_or_never().is_none());
    gate.pass.send(()).unwrap();
    gate.pass.send(()).unwrap();
    block_on(join_all([first, second, third]));
    assert_eq!(gate.begun.recv().unwrap(), ["second", "third", "fourth"]);
}

#[test]
fn a_batch_is_bounded_by_its_tokens() {
    let (encoder, gate) = gated(Limits {
        batch_tokens: 300,
        ..Limits::default()
    });
    let long = |letter: &str| letter.repeat(5_000);
    let mut call = encoder.encode(vec![long("a"), long("b"), "short".into(), long("c")]);
    assert!(call.as_mut().now_or_never().is_none());
    for _ in 0..3 {
        gate.pass.send(()).unwrap();
    }
    block_on(call).unwrap();
    let sizes: Vec<usize> = gate.begun.try_iter().map(|batch| batch.len()).collect();
    assert_eq!(sizes, [1, 2, 1]);
}

#[test]
fn a_text_asked_for_twice_at_once_is_encoded_once() {
    let (encoder, batches) = counted();
    let both = join(
        encoder.encode(texts(&["the same"])),
        encoder.encode(texts(&["the same", "the same"])),
    );
    let (one, other) = block_on(both);
    assert_eq!(one.unwrap()[0], other.unwrap()[1]);
    drop(encoder);
    assert_eq!(batches.iter().sum::<usize>(), 1);
}

#[test]
fn a_text_seen_lately_is_the_same_vector_and_not_encoded_again() {
    let (encoder, batches) = counted();
    let first = block_on(encoder.encode(texts(&["seen"]))).unwrap();
    let again = block_on(encoder.encode(texts(&["seen"]))).unwrap();
    assert!(std::ptr::eq(first[0].as_slice(), again[0].as_slice()));
    drop(encoder);
    assert_eq!(batches.iter().sum::<usize>(), 1);
}

#[test]
fn a_full_queue_refuses_new_texts_and_recovers() {
    let (encoder, gate) = gated(Limits {
        queue: 2,
        ..Limits::default()
    });
    let mut in_work = encoder.encode(texts(&["in work"]));
    assert!(in_work.as_mut().now_or_never().is_none());
    gate.begun.recv().unwrap();
    let mut waiting = [encoder.encode(texts(&["a"])), encoder.encode(texts(&["b"]))];
    assert!(waiting.iter_mut().all(|call| call.now_or_never().is_none()));

    let refused = encoder.encode(texts(&["c"])).now_or_never().unwrap();
    let error = refused.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the encoder is overloaded: 2 texts wait and at most 2 may"
    );
    // What waits already takes no more room.
    let mut known = encoder.encode(texts(&["a"]));
    assert!(known.as_mut().now_or_never().is_none());

    for _ in 0..4 {
        gate.pass.send(()).unwrap();
    }
    block_on(join_all(waiting.into_iter().chain([in_work, known])));
    block_on(encoder.encode(texts(&["c"]))).unwrap();
}

#[test]
fn a_call_longer_than_the_queue_passes_in_portions() {
    let encode = |texts: &[String]| Ok(texts.iter().map(|t| HashedEncoder.vector(t)).collect());
    let limits = Limits {
        queue: 8,
        ..Limits::default()
    };
    let encoder = SharedEncoder::new(encode, limits).unwrap();
    let asked: Vec<String> = (0..100).map(|n| format!("text {n}")).collect();
    let vectors = block_on(encoder.encode(asked)).unwrap();
    assert_eq!(vectors[99], HashedEncoder.vector("text 99"));
}

#[test]
fn a_caller_that_went_away_costs_nothing_and_harms_nobody() {
    let (encoder, gate) = gated(Limits::default());
    let mut in_work = encoder.encode(texts(&["in work"]));
    assert!(in_work.as_mut().now_or_never().is_none());
    gate.begun.recv().unwrap();
    for gone in ["gone", "shared"] {
        let mut call = encoder.encode(texts(&[gone]));
        assert!(call.as_mut().now_or_never().is_none());
    }
    drop(in_work);
    let mut stays = encoder.encode(texts(&["shared"]));
    assert!(stays.as_mut().now_or_never().is_none());
    gate.pass.send(()).unwrap();
    gate.pass.send(()).unwrap();
    assert_eq!(block_on(stays).unwrap()[0], HashedEncoder.vector("shared"));
    assert_eq!(gate.begun.recv().unwrap(), ["shared"]);
    // An abandoned text can be asked for again.
    gate.pass.send(()).unwrap();
    assert_eq!(
        block_on(encoder.encode(texts(&["gone"]))).unwrap()[0],
        HashedEncoder.vector("gone")
    );
}

#[test]
fn an_error_or_a_crash_reaches_the_callers_of_its_batch_alone() {
    let encode = |texts: &[String]| match texts[0].as_str() {
        "fails" => Err(Error::Stopped),
        "crashes" => panic!("divided by zero"),
        "forgets" => Ok(Vec::new()),
        text => Ok(vec![HashedEncoder.vector(text)]),
    };
    let encoder = SharedEncoder::new(encode, Limits::default()).unwrap();
    for (text, message) in [
        ("fails", "the encoder has stopped"),
        ("crashes", "the encoder crashed: divided by zero"),
        ("forgets", "the encoder crashed: 0 vectors for 1 texts"),
    ] {
        let error = block_on(encoder.encode(texts(&[text]))).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(block_on(encoder.encode(texts(&["fine"]))).is_ok());
    }
}
