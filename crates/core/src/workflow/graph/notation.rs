//! The machine in the notations of other tools.

use std::fmt::Write as _;

use super::{Graph, owner_name};
use crate::workflow::Owner;

const OWNERS: [(Owner, &str); 4] = [
    (Owner::Assistant, "#dbe9ff"),
    (Owner::Queue, "#ffe9c2"),
    (Owner::Operator, "#d5f2dc"),
    (Owner::Nobody, "#e8e8ea"),
];

pub(super) fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let label = [
            vec![node.name.clone(), owner_name(node.owner).to_owned()],
            node.loops.clone(),
        ];
        let label: Vec<String> = label.concat().iter().map(|line| entities(line)).collect();
        put(
            &mut text,
            format_args!("    state \"{}\" as s{number}", label.join("<br/>")),
        );
    }
    put(&mut text, format_args!("    [*] --> s0"));
    for edge in &graph.edges {
        let label: Vec<String> = edge.lines.iter().map(|line| entities(line)).collect();
        let label = label.join("<br/>");
        put(
            &mut text,
            format_args!("    s{} --> s{} : {label}", edge.from, edge.to),
        );
    }
    for (owner, colour) in OWNERS {
        let members = graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.owner == owner);
        let members: Vec<String> = members.map(|(number, _)| format!("s{number}")).collect();
        if !members.is_empty() {
            let name = owner_name(owner);
            put(
                &mut text,
                format_args!("    classDef {name} fill:{colour},color:#1b1f24"),
            );
            put(
                &mut text,
                format_args!("    class {} {name}", members.join(",")),
            );
        }
    }
    text
}

pub(super) fn dot(graph: &Graph, name: &str) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&[name.to_owned()]));
    put(
        &mut text,
        format_args!("    node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"]"),
    );
    put(
        &mut text,
        format_args!("    edge [fontname=\"monospace\", fontsize=10]"),
    );
    put(
        &mut text,
        format_args!("    start [shape=point, label=\"\"]"),
    );
    for (number, node) in graph.nodes.iter().enumerate() {
        let mut lines = vec![node.name.clone(), owner_name(node.owner).to_owned()];
        lines.extend(node.loops.iter().cloned());
        let colour = OWNERS.into_iter().find(|(owner, _)| *owner == node.owner);
        let colour = colour.map_or("#ffffff", |(_, colour)| colour);
        let label = quoted(&lines);
        put(
            &mut text,
            format_args!("    s{number} [label={label}, fillcolor=\"{colour}\"]"),
        );
    }
    put(&mut text, format_args!("    start -> s0"));
    for edge in &graph.edges {
        let label = quoted(&edge.lines);
        put(
            &mut text,
            format_args!("    s{} -> s{} [label={label}]", edge.from, edge.to),
        );
    }
    text.push_str("}\n");
    text
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes all that is written to it");
}

/// `line` with everything that Mermaid might read as syntax as an entity.
fn entities(line: &str) -> String {
    let mut text = String::new();
    for c in line.chars() {
        if c.is_alphanumeric() || " _-.,()…".contains(c) {
            text.push(c);
        } else {
            text.push_str(&format!("#{};", u32::from(c)));
        }
    }
    text
}

/// `lines` as a string of DOT.
fn quoted(lines: &[String]) -> String {
    let escape = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "\"{}\"",
        lines.iter().map(escape).collect::<Vec<_>>().join("\\n")
    )
}
