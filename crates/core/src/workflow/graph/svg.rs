//! The machine as an SVG that needs no font, script or style from elsewhere.

use std::fmt::Write as _;

use super::layout::{Place, layout};
use super::{Graph, owner_name};

/// Width of a letter: of the states' names in bold 14 px, and of labels in monospaced 11 px.
const NAME_LETTER: f64 = 9.2;
const LABEL_LETTER: f64 = 6.7;
const LINE: f64 = 15.0;

/// Colours, first on light ground, then on dark.
const STYLE: &str = "
    .ground { fill: #ffffff }
    text { font: 11px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1b1f24; text-anchor: middle }
    .name { font: bold 14px system-ui, 'DejaVu Sans', sans-serif }
    .owner { font: 11px system-ui, 'DejaVu Sans', sans-serif }
    .edge { fill: none; stroke: #6b7280; stroke-width: 1.4 }
    .head, .start { fill: #6b7280 }
    .assistant { fill: #dbe9ff; stroke: #2563c9 }
    .queue { fill: #ffe9c2; stroke: #b46b00 }
    .operator { fill: #d5f2dc; stroke: #1e8449 }
    .nobody { fill: #ececef; stroke: #74777f }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #15181d }
      text { fill: #e6e8eb }
      .edge { stroke: #9aa1ac }
      .head, .start { fill: #9aa1ac }
      .assistant { fill: #16325c; stroke: #7fb0ff }
      .queue { fill: #4d3405; stroke: #f0b429 }
      .operator { fill: #14432a; stroke: #6fd394 }
      .nobody { fill: #2b2f36; stroke: #9aa1ac }
    }
  ";

pub(super) fn draw(graph: &Graph, name: &str) -> String {
    let nodes = graph.nodes.iter().map(|node| {
        let label = node
            .loops
            .iter()
            .map(|line| letters(line) + 2.0)
            .fold(0.0, f64::max);
        let width = (letters(&node.name) * NAME_LETTER)
            .max(label * LABEL_LETTER)
            .max(70.0)
            + 28.0;
        (width, 44.0 + LINE * node.loops.len() as f64)
    });
    let nodes: Vec<(f64, f64)> = nodes.collect();
    let labels: Vec<(f64, f64)> = graph
        .edges
        .iter()
        .map(|edge| {
            let longest = edge
                .lines
                .iter()
                .map(|line| letters(line))
                .fold(0.0, f64::max);
            (
                longest * LABEL_LETTER + 10.0,
                LINE * edge.lines.len() as f64 + 4.0,
            )
        })
        .collect();
    let layout = layout(graph, &nodes, &labels);
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n  <title>{}</title>\n  \
         <style>{STYLE}</style>\n  <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" \
         refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path class=\"head\" d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n  \
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n",
        escaped(name)
    );
    for path in &layout.paths {
        edge(&mut svg, path);
    }
    if let Some(first) = layout.nodes.first() {
        let top = first.y - first.height / 2.0;
        put(
            &mut svg,
            format_args!(
                "<circle class=\"start\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>",
                first.x,
                top - 18.0
            ),
        );
        edge(&mut svg, &[(first.x, top - 18.0), (first.x, top)]);
    }
    for (edge, place) in graph.edges.iter().zip(&layout.labels) {
        rect(&mut svg, place, "ground", 3.0);
        let top = place.y - place.height / 2.0 + 2.0;
        for (number, line) in edge.lines.iter().enumerate() {
            text(
                &mut svg,
                place.x,
                top + LINE * number as f64 + 11.0,
                "label",
                line,
            );
        }
    }
    for (node, place) in graph.nodes.iter().zip(&layout.nodes) {
        rect(&mut svg, place, owner_name(node.owner), 10.0);
        let top = place.y - place.height / 2.0;
        text(&mut svg, place.x, top + 20.0, "name", &node.name);
        text(
            &mut svg,
            place.x,
            top + 35.0,
            "owner",
            owner_name(node.owner),
        );
        for (number, line) in node.loops.iter().enumerate() {
            let line = format!("↻ {line}");
            text(
                &mut svg,
                place.x,
                top + 50.0 + LINE * number as f64,
                "label",
                &line,
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn letters(text: &str) -> f64 {
    text.chars().count() as f64
}

/// A curve through `points` that passes each of them vertically.
fn edge(svg: &mut String, points: &[(f64, f64)]) {
    let mut path = String::new();
    for (number, (x, y)) in points.iter().enumerate() {
        let piece = match number.checked_sub(1).and_then(|before| points.get(before)) {
            None => format!("M{x:.1} {y:.1}"),
            Some((before_x, before_y)) => {
                let middle = (before_y + y) / 2.0;
                format!("C{before_x:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}")
            }
        };
        path.push_str(&piece);
    }
    put(
        svg,
        format_args!("<path class=\"edge\" marker-end=\"url(#head)\" d=\"{path}\"/>"),
    );
}

fn rect(svg: &mut String, place: &Place, class: &str, radius: f64) {
    let (x, y) = (place.x - place.width / 2.0, place.y - place.height / 2.0);
    let (width, height) = (place.width, place.height);
    put(
        svg,
        format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\" rx=\"{radius}\"/>"
        ),
    );
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, words: &str) {
    let words = escaped(words);
    put(
        svg,
        format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>"),
    );
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "  {element}").expect("a String takes all that is written to it");
}

/// `text` with nothing that XML could read as markup, nor any character that it forbids.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
