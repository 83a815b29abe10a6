//! The scopes that ship with Warmline are well formed.

use std::path::Path;

use warmline_core::source::Source;
use warmline_detect::Scope;

#[test]
fn every_preset_has_a_scope_without_problems() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut count = 0;
    for entry in std::fs::read_dir(config).unwrap() {
        let file = entry.unwrap().path().join("examples.toml");
        if let Ok(text) = std::fs::read_to_string(&file) {
            let source = Source::new(file.display().to_string(), text);
            let scope = Scope::parse(&source).unwrap_or_else(|problems| panic!("{problems}"));
            assert!(scope.intents.len() >= 8 && !scope.out_of_scope.is_empty());
            count += 1;
        }
    }
    assert!(count > 0);
}
