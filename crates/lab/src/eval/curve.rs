//! Curves, drawn as SVG.

use std::fmt::Write as _;

use super::confidence::Confidence;
use super::ranked::Ranked;
use super::report::short;

/// A diagram with one or more lines.
#[derive(Debug, Clone)]
pub struct Curve {
    /// What it shows.
    pub title: String,
    /// What the axes are, across and up.
    pub axes: [String; 2],
    /// Its lines.
    pub lines: Vec<Line>,
    /// Whether the diagonal is drawn, as what chance or perfection would be.
    pub diagonal: bool,
    /// The ranges of the axes.
    pub ranges: [(f64, f64); 2],
}

/// One line of a diagram.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it stands for.
    pub name: String,
    /// Its points, across and up.
    pub points: Vec<(f64, f64)>,
}

/// The most points that a line is drawn with.
const MAX_POINTS: usize = 240;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 300.0;
/// Around the field: left, right, above, below.
const MARGIN: [f64; 4] = [46.0, 10.0, 28.0, 40.0];

/// Told apart on light and dark ground, and by people who do not see all colours.
const COLOURS: [&str; 6] = [
    "#3573b9", "#d0711c", "#2f8f6b", "#a04aa0", "#8a8a2a", "#c23b4b",
];

const SHARES: [(f64, f64); 2] = [(0.0, 1.0), (0.0, 1.0)];

impl Curve {
    /// ROC curves, one for each name.
    pub fn roc(title: &str, lines: &[(&str, &Ranked)]) -> Curve {
        Curve {
            title: format!("{title}: ROC"),
            axes: ["false alarms".to_owned(), "recall".to_owned()],
            lines: named(lines, Ranked::roc),
            diagonal: true,
            ranges: SHARES,
        }
    }

    /// Precision-recall curves, one for each name.
    pub fn precision_recall(title: &str, lines: &[(&str, &Ranked)]) -> Curve {
        Curve {
            title: format!("{title}: precision and recall"),
            axes: ["recall".to_owned(), "precision".to_owned()],
            lines: named(lines, Ranked::precision_recall),
            diagonal: false,
            ranges: SHARES,
        }
    }

    /// Reliability diagrams, one for each name.
    pub fn reliability(title: &str, lines: &[(&str, &Confidence)]) -> Curve {
        let points = |confidence: &Confidence| {
            let bins = confidence.reliability().into_iter();
            bins.map(|bin| (bin.confidence, bin.right)).collect()
        };
        Curve {
            title: format!("{title}: reliability"),
            axes: ["probability".to_owned(), "share that is right".to_owned()],
            lines: named(lines, points),
            diagonal: true,
            ranges: SHARES,
        }
    }

    /// How a figure grows with the number of examples, on a logarithmic scale.
    pub fn learning(title: &str, figure: &str, lines: &[(&str, Vec<(f64, f64)>)]) -> Curve {
        let lines = lines.iter().map(|(name, points)| Line {
            name: (*name).to_owned(),
            points: points
                .iter()
                .map(|(n, value)| (n.log10(), *value))
                .collect(),
        });
        let lines: Vec<Line> = lines.collect();
        let points = || lines.iter().flat_map(|line| &line.points);
        let low = points().map(|(_, y)| *y).fold(1.0, f64::min);
        let across = points().map(|(x, _)| *x);
        let across = (
            across.clone().fold(f64::INFINITY, f64::min),
            across.fold(f64::NEG_INFINITY, f64::max),
        );
        Curve {
            title: format!("{title}: {figure} by examples"),
            axes: ["examples per intent".to_owned(), figure.to_owned()],
            diagonal: false,
            ranges: [across, ((low * 20.0).floor() / 20.0, 1.0)],
            lines,
        }
    }

    /// The diagram as an SVG element that needs nothing from outside.
    pub fn svg(&self) -> String {
        let [left, right, above, below] = MARGIN;
        let place = |(x, y): (f64, f64)| {
            let [(x0, x1), (y0, y1)] = self.ranges;
            let share = |value: f64, from: f64, to: f64| match to > from {
                true => ((value - from) / (to - from)).clamp(0.0, 1.0),
                false => 0.5,
            };
            (
                left + share(x, x0, x1) * (WIDTH - left - right),
                HEIGHT - below - share(y, y0, y1) * (HEIGHT - above - below),
            )
        };
        let mut svg = format!(
            r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{0}"><text class="title" x="{left}" y="16">{0}</text>"#,
            escaped(&self.title)
        );
        self.grid(&mut svg, &place);
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let every = line.points.len().div_ceil(MAX_POINTS).max(1);
            let kept = line.points.iter().enumerate();
            let kept = kept.filter(|(i, _)| i % every == 0 || i + 1 == line.points.len());
            let points: Vec<String> = kept
                .map(|(_, point)| place(*point))
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let _ = write!(
                svg,
                r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points="{}"/>"#,
                points.join(" ")
            );
        }
        svg += "</svg>";
        self.legend(&mut svg);
        svg
    }

    fn grid(&self, svg: &mut String, place: &impl Fn((f64, f64)) -> (f64, f64)) {
        let [(x0, x1), (y0, y1)] = self.ranges;
        let logarithmic = x1 > 1.0;
        for step in 0..=4 {
            let share = f64::from(step) / 4.0;
            let (x, y) = (x0 + share * (x1 - x0), y0 + share * (y1 - y0));
            let (across, bottom) = place((x, y0));
            let (start, up) = place((x0, y));
            let (end, _) = place((x1, y));
            let label = match logarithmic {
                true => format!("{:.0}", 10_f64.powf(x)),
                false => short(x),
            };
            let _ = write!(
                svg,
                r#"<line class="grid" x1="{start:.1}" y1="{up:.1}" x2="{end:.1}" y2="{up:.1}"/><text class="tick" x="{across:.1}" y="{:.1}" text-anchor="middle">{label}</text><text class="tick" x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                bottom + 14.0,
                start - 4.0,
                up + 3.0,
                short(y),
            );
        }
        if self.diagonal {
            let ((ax, ay), (bx, by)) = (place((x0, y0)), place((x1, y1)));
            let _ = write!(
                svg,
                r#"<line class="diagonal" x1="{ax:.1}" y1="{ay:.1}" x2="{bx:.1}" y2="{by:.1}"/>"#
            );
        }
        let (middle, bottom) = place(((x0 + x1) / 2.0, y0));
        let (start, centre) = place((x0, (y0 + y1) / 2.0));
        let (x, y) = (start - 36.0, bottom + 30.0);
        let _ = write!(
            svg,
            r#"<text class="axis" x="{middle:.1}" y="{y:.1}" text-anchor="middle">{}</text><text class="axis" x="{x:.1}" y="{centre:.1}" text-anchor="middle" transform="rotate(-90 {x:.1} {centre:.1})">{}</text>"#,
            escaped(&self.axes[0]),
            escaped(&self.axes[1]),
        );
    }

    fn legend(&self, html: &mut String) {
        *html += "<p class=\"legend\">";
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let name = escaped(&line.name);
            let _ = write!(html, r#"<span style="color:{colour}">━</span> {name} "#);
        }
        *html += "</p>";
    }
}

fn named<T>(lines: &[(&str, &T)], points: impl Fn(&T) -> Vec<(f64, f64)>) -> Vec<Line> {
    let line = |(name, of): &(&str, &T)| Line {
        name: (*name).to_owned(),
        points: points(of),
    };
    lines.iter().map(line).collect()
}

/// `text` where HTML or XML is expected.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_stays_in_its_field_and_its_words_are_escaped() {
        let ranked = Ranked::new((0..5_000_u16).map(|i| (f32::from(i), i % 3 == 0)));
        let svg = Curve::roc("a < b", &[("\"x\"", &ranked)]).svg();
        assert!(svg.contains("a &lt; b: ROC") && svg.contains("&quot;x&quot;"));
        let points = svg.split("points=\"").nth(1).unwrap();
        let points: Vec<&str> = points.split('"').next().unwrap().split(' ').collect();
        assert!(points.len() <= MAX_POINTS + 1);
        assert_eq!(
            (points[0], points[points.len() - 1]),
            ("46.0,260.0", "310.0,28.0")
        );
    }

    #[test]
    fn a_learning_curve_counts_in_examples() {
        let curve = Curve::learning("x", "auroc", &[("a", vec![(5.0, 0.91), (100.0, 0.98)])]);
        assert_eq!(curve.ranges[1], (0.9, 1.0));
        let svg = curve.svg();
        assert!(svg.contains(">5</text>") && svg.contains(">100</text>"));
    }
}
