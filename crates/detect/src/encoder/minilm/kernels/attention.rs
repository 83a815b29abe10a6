//! Attention of one message to itself.

use std::ops::Range;

use super::super::{HEAD, HEADS, HIDDEN, INNER_QKV as QKV};
use super::{Isa, LANES, Lanes, add_scaled, dispatched, exp};

/// Query rows dealt with at once: as many as leave their sums in registers.
const TOGETHER: usize = 4;

/// What [`attend`] works on.
#[derive(Clone)]
pub(in crate::encoder::minilm) struct Attention<'a> {
    /// The message's rows of query, key and value, without their biases.
    pub(in crate::encoder::minilm) qkv: &'a [f32],
    /// The bias of the queries. The keys' bias adds the same to every score of a query, which the
    /// softmax cancels; the values' bias comes out of it unchanged and is added later, with others.
    pub(in crate::encoder::minilm) query_bias: &'a [f32],
    /// The tokens whose answers are wanted.
    pub(in crate::encoder::minilm) rows: Range<usize>,
}

dispatched! {
    /// Writes, for each of the wanted rows, the values of all tokens weighed by how well their keys
    /// match the row's query, head by head. Queries are scaled already.
    fn attend(message: Attention<'_>, out: &mut [f32], scratch: &mut Vec<f32>) = attend_body
}

#[inline(always)]
fn attend_body<I: Isa>(message: Attention<'_>, out: &mut [f32], scratch: &mut Vec<f32>) {
    let tokens = message.qkv.len() / QKV;
    let padded = tokens.next_multiple_of(LANES);
    scratch.clear();
    scratch.resize((HEAD + TOGETHER) * padded + HEAD * tokens, 0.0);
    let (keys, rest) = scratch.split_at_mut(HEAD * padded);
    let (scores, values) = rest.split_at_mut(TOGETHER * padded);

    for head in 0..HEADS {
        let at = head * HEAD;
        gather(&message.qkv[at..], tokens, keys, values);
        let bias = &message.query_bias[at..][..HEAD];
        for first in message.rows.clone().step_by(TOGETHER) {
            let count = TOGETHER.min(message.rows.end - first);
            let mut queries = [[0.0; HEAD]; TOGETHER];
            for (row, query) in (first..first + count).zip(&mut queries) {
                let plain = &message.qkv[row * QKV + at..][..HEAD];
                for ((query, plain), bias) in query.iter_mut().zip(plain).zip(bias) {
                    *query = plain + bias;
                }
            }
            score::<I>(&queries, keys, scores);
            let mut shares = [0.0; TOGETHER];
            for (scores, share) in scores.chunks_exact_mut(padded).zip(&mut shares) {
                *share = softmax::<I>(scores, tokens);
            }
            let answers = weigh::<I>(scores, values, shares);
            for (row, answer) in (first - message.rows.start..).zip(&answers[..count]) {
                out[row * HIDDEN + at..][..HEAD].copy_from_slice(answer);
            }
        }
    }
}

/// Copies a head's keys, turned so that the same component of neighbouring tokens lies side by
/// side, and its values, close together.
#[inline(always)]
fn gather(head: &[f32], tokens: usize, keys: &mut [f32], values: &mut [f32]) {
    let padded = keys.len() / HEAD;
    for token in 0..tokens {
        let row = &head[token * QKV..];
        for (component, key) in row[HIDDEN..][..HEAD].iter().enumerate() {
            keys[component * padded + token] = *key;
        }
        values[token * HEAD..][..HEAD].copy_from_slice(&row[2 * HIDDEN..][..HEAD]);
    }
}

/// Fills a line of `scores` for each query: its product with each key.
#[inline(always)]
fn score<I: Isa>(queries: &[[f32; HEAD]; TOGETHER], keys: &[f32], scores: &mut [f32]) {
    let padded = keys.len() / HEAD;
    for at in (0..padded).step_by(LANES) {
        let mut sums = [[0.0; LANES]; TOGETHER];
        for component in 0..HEAD {
            let keys: &Lanes = lanes(&keys[component * padded + at..]);
            for (sum, query) in sums.iter_mut().zip(queries) {
                *sum = add_scaled::<I>(query[component], keys, *sum);
            }
        }
        for (line, sum) in sums.iter().enumerate() {
            scores[line * padded + at..][..LANES].copy_from_slice(sum);
        }
    }
}

/// Replaces scores by their exponentials; answers what to multiply by for a sum of 1.
#[inline(always)]
fn softmax<I: Isa>(scores: &mut [f32], tokens: usize) -> f32 {
    // The exponential of the padding is some 1e-38: it does not count, and nobody reads it.
    scores[tokens..].fill(f32::NEG_INFINITY);
    let mut largest = [f32::NEG_INFINITY; LANES];
    for chunk in scores.chunks_exact(LANES) {
        for (largest, score) in largest.iter_mut().zip(chunk) {
            *largest = if *score > *largest { *score } else { *largest };
        }
    }
    let largest = largest.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; LANES];
    for chunk in scores.chunks_exact_mut(LANES) {
        for (sum, score) in sums.iter_mut().zip(chunk) {
            *score = exp::<I>(*score - largest);
            *sum += *score;
        }
    }
    1.0 / sums.iter().sum::<f32>()
}

/// Sums the values, weighed by each line of `weights` times its share.
#[inline(always)]
fn weigh<I: Isa>(
    weights: &[f32],
    values: &[f32],
    shares: [f32; TOGETHER],
) -> [[f32; HEAD]; TOGETHER] {
    let padded = weights.len() / TOGETHER;
    let mut low = [[0.0; LANES]; TOGETHER];
    let mut high = [[0.0; LANES]; TOGETHER];
    for (token, value) in values.chunks_exact(HEAD).enumerate() {
        for line in 0..TOGETHER {
            let weight = weights[line * padded + token];
            low[line] = add_scaled::<I>(weight, lanes(value), low[line]);
            high[line] = add_scaled::<I>(weight, lanes(&value[LANES..]), high[line]);
        }
    }
    let mut answers = [[0.0; HEAD]; TOGETHER];
    for line in 0..TOGETHER {
        for lane in 0..LANES {
            answers[line][lane] = low[line][lane] * shares[line];
            answers[line][LANES + lane] = high[line][lane] * shares[line];
        }
    }
    answers
}

/// The first lanes of a slice that has at least as many.
#[inline(always)]
fn lanes(values: &[f32]) -> &Lanes {
    values
        .first_chunk()
        .expect("slices are padded to whole lanes")
}

#[cfg(test)]
mod tests {
    use super::super::Portable;
    use super::*;

    /// Softmax attention as the textbook has it, in f64.
    fn textbook(qkv: &[f32], query_bias: &[f32]) -> Vec<f32> {
        let tokens = qkv.len() / QKV;
        let mut out = vec![0.0; tokens * HIDDEN];
        for head in 0..HEADS {
            let part = |row: usize, which: usize, i: usize| {
                f64::from(qkv[row * QKV + which * HIDDEN + head * HEAD + i])
            };
            for row in 0..tokens {
                let weights: Vec<f64> = (0..tokens)
                    .map(|other| {
                        let score = |i: usize| {
                            let bias = f64::from(query_bias[head * HEAD + i]);
                            (part(row, 0, i) + bias) * part(other, 1, i)
                        };
                        (0..HEAD).map(score).sum::<f64>().exp()
                    })
                    .collect();
                let sum: f64 = weights.iter().sum();
                for i in 0..HEAD {
                    let answer: f64 = (0..tokens).map(|t| weights[t] * part(t, 2, i)).sum();
                    out[row * HIDDEN + head * HEAD + i] = (answer / sum) as f32;
                }
            }
        }
        out
    }

    #[test]
    fn agrees_with_the_textbook_at_every_length() {
        let query_bias: Vec<f32> = (0..HIDDEN).map(|i| (i as f32).cos()).collect();
        for tokens in [1, 2, 15, 16, 17, 37] {
            let qkv: Vec<f32> = (0..tokens * QKV).map(|i| (i as f32 * 0.37).sin()).collect();
            let expected = textbook(&qkv, &query_bias);
            let message = |rows| Attention {
                qkv: &qkv,
                query_bias: &query_bias,
                rows,
            };
            let near = |out: &[f32], expected: &[f32]| {
                for (a, b) in out.iter().zip(expected) {
                    assert!((a - b).abs() < 1e-5, "{tokens} tokens: {a} {b}");
                }
            };
            let mut scratch = Vec::new();
            let mut out = vec![f32::NAN; tokens * HIDDEN];
            attend(message(0..tokens), &mut out, &mut scratch);
            near(&out, &expected);
            attend_body::<Portable>(message(0..tokens), &mut out, &mut scratch);
            near(&out, &expected);
            // A part of the rows is the same part of the answer.
            let from = tokens / 2;
            attend(message(from..tokens), &mut out, &mut scratch);
            near(&out[..(tokens - from) * HIDDEN], &expected[from * HIDDEN..]);
        }
    }
}
