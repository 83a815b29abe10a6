//! Builds again when a preset changes: the binary carries them.

fn main() {
    println!("cargo:rerun-if-changed=../../config");
}
