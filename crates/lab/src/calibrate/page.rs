//! Reliability diagrams: whether a score means what it says.

use std::fmt::Write as _;

use warmline_core::signal::SignalKind;

use super::Calibration;
use crate::eval::confidence::Confidence;
use crate::eval::curve::{Curve, escaped};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; border: 1px solid #8884; border-radius: .5rem; padding: 1rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); gap: 1rem; }
figure { margin: 0; } svg { width: 100%; }
svg text { font: 10px system-ui, sans-serif; fill: currentColor; }
svg .title { font-size: 12px; font-weight: 600; }
svg .grid { stroke: #8884; } svg .diagonal { stroke: #8888; stroke-dasharray: 3 3; }
.legend { font-size: 12px; margin: 0; }
";

impl Calibration {
    /// The reliability diagram of each signal on the held-out part: the share that needed a human
    /// among conversations of about the same highest score.
    pub fn diagrams(&self) -> Vec<Curve> {
        let of = |kind: &SignalKind| {
            let scored: Vec<(f32, bool)> = self
                .held_out
                .iter()
                .filter_map(|one| Some((*one.peaks.get(kind)?, one.needed)))
                .collect();
            let n = scored.len();
            let title = format!("{kind} (n = {n})");
            (n > 0)
                .then(|| Curve::reliability(&title, &[(kind.as_str(), &Confidence::new(scored))]))
        };
        SignalKind::ALL.iter().filter_map(of).collect()
    }

    /// The calibration as a page that needs nothing beside itself.
    pub fn html(&self) -> String {
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
             'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>Warmline: calibration</title>\n<style>{STYLE}</style>\n<h1>Calibration</h1>\n\
             <pre>{}</pre>\n<h2>Reliability</h2>\n<p>Of the held-out conversations with about the \
             same highest score, the share that needed a human. On the diagonal a score is a \
             probability; a threshold needs only that the line rises.</p>\n<div class=\"curves\">\n",
            escaped(&self.to_string())
        );
        for curve in self.diagrams() {
            let _ = writeln!(html, "<figure>{}</figure>", curve.svg());
        }
        let _ = write!(
            html,
            "</div>\n<h2>Proposed</h2>\n<pre>{}</pre>\n</html>\n",
            escaped(&self.patch())
        );
        html
    }
}
