//! Lines over days, drawn as SVG that says in words what it shows.

use std::fmt::Write as _;

use crate::pages::escaped;

/// A line of a picture: its name and a value for each day, where there is one.
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) values: Vec<Option<f64>>,
}

/// What the values are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// Shares from 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// Counts.
    Count,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
/// Around the field: left, right, above, below.
const MARGIN: [f64; 4] = [52.0, 150.0, 14.0, 26.0];
/// How lines are told apart without colours.
const DASHES: [&str; 6] = ["", "6 3", "2 3", "9 3 2 3", "12 4", "4 2"];

/// Most lines of a picture: more cannot be told apart.
pub(super) const MOST_LINES: usize = DASHES.len();

/// The picture of `lines` over `days`; classes `s0` to `s5` colour them.
pub(super) fn picture(title: &str, scale: Scale, days: &[&str], lines: &[Line<'_>]) -> String {
    let lines = &lines[..lines.len().min(MOST_LINES)];
    let values = lines.iter().flat_map(|line| line.values.iter().flatten());
    let greatest = values.copied().fold(0.0, f64::max);
    let top = match scale {
        Scale::Share => 1.0,
        _ => round_up(greatest),
    };
    let [left, right, above, below] = MARGIN;
    let (width, height) = (WIDTH - left - right, HEIGHT - above - below);
    let steps = days.len().saturating_sub(1).max(1) as f64;
    let x = |place: usize| left + width * place as f64 / steps;
    let y = |value: f64| above + height * (1.0 - (value / top).clamp(0.0, 1.0));
    let id: String = title.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"t{id} d{id}\">\
         <title id=\"t{id}\">{}</title><desc id=\"d{id}\">{}</desc>",
        escaped(title),
        escaped(&described(scale, days, lines)),
    );
    for part in 0..=4 {
        let value = top * f64::from(part) / 4.0;
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{left}\" x2=\"{:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left + width,
            y(value),
            y(value),
            left - 6.0,
            y(value) + 4.0,
            escaped(&written(scale, value)),
        );
    }
    for (place, anchor) in [(0, "start"), (days.len().saturating_sub(1), "end")] {
        if let Some(day) = days.get(place) {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                x(place),
                HEIGHT - 8.0,
                escaped(day),
            );
        }
    }
    for (number, line) in lines.iter().enumerate() {
        draw(&mut svg, number, line, &x, &y);
        let row = above + 12.0 + 18.0 * number as f64;
        let at = left + width + 12.0;
        let _ = write!(
            svg,
            "<line class=\"line s{number}\" stroke-dasharray=\"{}\" x1=\"{at}\" x2=\"{}\" \
             y1=\"{}\" y2=\"{}\"/><text x=\"{}\" y=\"{row}\">{}</text>",
            DASHES[number],
            at + 22.0,
            row - 4.0,
            row - 4.0,
            at + 28.0,
            escaped(line.name),
        );
    }
    svg + "</svg>"
}

/// A line, broken where a day has no value; a value alone is a dot.
fn draw(
    svg: &mut String,
    number: usize,
    line: &Line<'_>,
    x: &impl Fn(usize) -> f64,
    y: &impl Fn(f64) -> f64,
) {
    let mut points: Vec<(usize, f64)> = Vec::new();
    let last = line.values.len();
    let values = line.values.iter().copied().chain([None]);
    for (place, value) in values.enumerate() {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            points.push((place, value));
            continue;
        }
        match points.as_slice() {
            [] => {}
            [(place, value)] => {
                let (x, y) = (x(*place), y(*value));
                let _ = write!(
                    svg,
                    "<circle class=\"dot s{number}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>"
                );
            }
            several => {
                let path: Vec<String> = several
                    .iter()
                    .map(|(place, value)| format!("{:.1},{:.1}", x(*place), y(*value)))
                    .collect();
                let _ = write!(
                    svg,
                    "<polyline class=\"line s{number}\" stroke-dasharray=\"{}\" points=\"{}\"/>",
                    DASHES[number],
                    path.join(" "),
                );
            }
        }
        points.clear();
        if place >= last {
            break;
        }
    }
}

/// What the picture shows, for those who do not see it.
fn described(scale: Scale, days: &[&str], lines: &[Line<'_>]) -> String {
    let mut words = format!(
        "From {} to {}.",
        days.first().unwrap_or(&"no day"),
        days.last().unwrap_or(&"no day")
    );
    for line in lines {
        let values: Vec<f64> = line.values.iter().copied().flatten().collect();
        let (Some(first), Some(last)) = (values.first(), values.last()) else {
            let _ = write!(words, " {}: nothing.", line.name);
            continue;
        };
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let [first, last, least, most] = [*first, *last, least, most].map(|v| written(scale, v));
        let _ = write!(
            words,
            " {}: {first} at first, {last} at last, between {least} and {most}.",
            line.name
        );
    }
    words
}

/// A value as people read it.
pub(super) fn written(scale: Scale, value: f64) -> String {
    match scale {
        Scale::Share => format!("{:.0} %", value * 100.0),
        Scale::Count => format!("{value:.0}"),
        Scale::Seconds if value < 90.0 => format!("{value:.0} s"),
        Scale::Seconds if value < 5_400.0 => format!("{:.0} min", value / 60.0),
        Scale::Seconds => format!("{:.1} h", value / 3_600.0),
    }
}

/// The next value that four lines divide well.
fn round_up(value: f64) -> f64 {
    let mut step = 4.0;
    while step < value && step < 1e12 {
        for factor in [2.0, 5.0, 10.0] {
            if step * factor >= value {
                return step * factor;
            }
        }
        step *= 10.0;
    }
    step
}
