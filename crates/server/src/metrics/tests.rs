use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// Notes what is described, and by which kind.
#[derive(Default)]
struct Described(Mutex<BTreeSet<String>>);

impl Described {
    fn note(&self, name: &KeyName, suffixes: &[&str]) {
        let mut known = self.0.lock().unwrap();
        for suffix in suffixes {
            known.insert(format!("{}{suffix}", name.as_str()));
        }
    }
}

impl Recorder for Described {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        assert!(name.as_str().ends_with("_total"), "{}", name.as_str());
        assert!(!text.is_empty());
        self.note(&name, &[""]);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        assert!(!name.as_str().ends_with("_total"), "{}", name.as_str());
        self.note(&name, &[""]);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note(&name, &["", "_bucket", "_sum", "_count"]);
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn described() -> BTreeSet<String> {
    let described = Described::default();
    metrics::with_local_recorder(&described, || {
        warmline::describe_metrics();
        super::describe();
    });
    described.0.into_inner().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of metrics in `text`; what follows a colon is a recording rule's own.
fn named(text: &str) -> BTreeSet<String> {
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == ':';
    let words = text.split(|c: char| !of_name(c));
    let names = words.filter(|word| word.starts_with("warmline_") && !word.contains(':'));
    names.map(str::to_owned).collect()
}

#[test]
fn rules_and_dashboard_name_only_what_is_exported() {
    let known = described();
    for file in ["rules.yml", "dashboard.json"] {
        let text = fs::read_to_string(root().join("docs/ops").join(file)).unwrap();
        let names = named(&text);
        assert!(!names.is_empty());
        let unknown: Vec<_> = names.difference(&known).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
fn whatever_is_recorded_is_described() {
    let known = described();
    let mut folders = vec![root().join("crates")];
    let mut recorded = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for kind in ["counter", "gauge", "histogram"] {
                    for call in text.split(&format!("metrics::{kind}!(")).skip(1) {
                        let name = call.trim_start().trim_start_matches('"');
                        let name = name.split('"').next().unwrap_or_default();
                        if name.starts_with("warmline_") {
                            recorded += 1;
                            assert!(known.contains(name), "{name} in {}", path.display());
                        }
                    }
                }
            }
        }
    }
    assert!(recorded > 20, "only {recorded} were found");
}
