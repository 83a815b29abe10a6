use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Reference {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    times: usize,
    vector: Vec<f32>,
    wording: Vec<f32>,
}

impl Row {
    fn text(&self) -> String {
        self.text.repeat(self.times)
    }
}

/// Vectors of the stock pass; `reference.py` made them.
fn reference() -> Vec<Row> {
    let file: Reference = serde_json::from_str(include_str!("reference.json")).unwrap();
    file.rows
}

fn model(threads: usize) -> MiniLm {
    let files = crate::model::fetch(&mut |_| ()).unwrap();
    MiniLm::load(&files, NonZeroUsize::new(threads).unwrap()).unwrap()
}

fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn vectors_are_those_of_the_stock_model() {
    for threads in [1, 2] {
        let model = model(threads);
        for row in reference() {
            let vector = &model.encode(&[row.text()]).unwrap()[0];
            let pairs = [
                (vector.as_slice(), &row.vector),
                (vector.wording(), &row.wording),
            ];
            for (ours, stock) in pairs {
                let apart = apart(ours, stock);
                assert!(apart < 1e-5, "{apart} apart on {:?}", row.text);
            }
        }
    }
}

#[test]
fn a_batch_of_mixed_lengths_yields_what_its_messages_yield_alone() {
    let rows = reference();
    let texts: Vec<String> = rows.iter().cycle().take(50).map(Row::text).collect();
    for threads in [1, 2, 3] {
        let batch = model(threads).encode(&texts).unwrap();
        assert_eq!(batch.len(), texts.len());
        for (vector, row) in batch.iter().zip(rows.iter().cycle()) {
            assert!(apart(vector.as_slice(), &row.vector) < 1e-5);
            assert!(apart(vector.wording(), &row.wording) < 1e-5);
        }
    }
}

#[test]
fn no_texts_yield_no_vectors() {
    assert!(model(2).encode(&[""; 0]).unwrap().is_empty());
}

#[test]
fn hostile_text_is_encoded_too() {
    let hostile = [
        "a".repeat(10_000),
        "a ".repeat(10_000),
        "\u{0}\u{fffd}\u{202e}\u{200b}".repeat(2_500),
        "e\u{301}\u{302}\u{303}".repeat(3_000),
        "\u{fdfa}".repeat(10_000),
        "🙂".repeat(10_000),
        "[CLS] [SEP] [MASK] [PAD] [UNK]".repeat(400),
        " ".repeat(10_000_000),
    ];
    for vector in model(2).encode(&hostile).unwrap() {
        let length: f32 = vector.as_slice().iter().map(|v| v * v).sum();
        assert!((length - 1.0).abs() < 1e-5, "{length}");
    }
}

#[test]
fn what_stands_beyond_the_last_token_does_not_count() {
    let model = model(1);
    let long = "the parcel is late and ".repeat(200);
    let vectors = model
        .encode(&[format!("{long} thanks"), format!("{long} angry")])
        .unwrap();
    assert_eq!(vectors[0], vectors[1]);
}

#[test]
fn passes_keep_the_order_fill_up_and_share_out_evenly() {
    let lengths = |counts: &[usize], threads| -> Vec<Vec<usize>> {
        let ids: Vec<Vec<u32>> = counts.iter().map(|n| vec![0; *n]).collect();
        let messages: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        passes(&messages, threads)
            .iter()
            .map(|pass| pass.iter().map(|ids| ids.len()).collect())
            .collect()
    };
    assert_eq!(lengths(&[], 2), Vec::<Vec<usize>>::new());
    assert_eq!(lengths(&[7], 2), [[7]]);
    assert_eq!(lengths(&[20; 4], 1), [[20; 4]]);
    assert_eq!(lengths(&[20; 4], 2), [[20; 2]; 2]);
    assert_eq!(lengths(&[256, 256, 2], 1), [vec![256], vec![256], vec![2]]);
    assert_eq!(
        lengths(&[200, 100, 156, 90], 1),
        [vec![200], vec![100, 156], vec![90]]
    );
}
