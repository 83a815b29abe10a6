//! The report as one HTML page that needs nothing beside itself.

use std::fmt::Write as _;

use super::curve::escaped;
use super::report::{Measured, Report, row};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
td { font-variant-numeric: tabular-nums; }
.missed { color: #c23b4b; } .reached { color: #2f8f6b; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; } svg { width: 100%; }
svg text { font: 10px system-ui, sans-serif; fill: currentColor; }
svg .title { font-size: 12px; font-weight: 600; }
svg .grid { stroke: #8884; } svg .diagonal { stroke: #8888; stroke-dasharray: 3 3; }
.legend { font-size: 12px; margin: 0; }
";

impl Report {
    /// The report as a page: figures, notes and curves of each suite.
    pub fn html(&self) -> String {
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>Warmline: detectors on public data</title>\n<style>{STYLE}</style>\n\
             <h1>Detectors on public data</h1>\n<p>Warmline {}, {}{}.</p>\n",
            escaped(self.version),
            escaped(&self.encoder),
            if self.quick {
                ", quick run on a slice of the data"
            } else {
                ""
            },
        );
        for suite in &self.suites {
            section(&mut html, suite);
        }
        html += "</html>\n";
        html
    }
}

fn section(html: &mut String, suite: &Measured) {
    let _ = write!(
        html,
        "<h2>{}</h2>\n<p>{} Measured in {:.1} s.</p>\n<table>\n<tr><th>figure<th>measured\
         <th>95 % interval<th>floor<th>published<th>goal<th>n\n",
        escaped(suite.name),
        escaped(suite.about),
        suite.seconds
    );
    for figure in &suite.figures {
        let class = match figure.is_reached() {
            Some(true) => " class=\"reached\"",
            Some(false) => " class=\"missed\"",
            None => "",
        };
        let _ = write!(html, "<tr{class}>");
        for cell in row(figure) {
            let _ = write!(html, "<td>{}", escaped(&cell));
        }
        html.push('\n');
    }
    *html += "</table>\n";
    for note in &suite.notes {
        let _ = writeln!(html, "<p>{}</p>", escaped(note));
    }
    *html += "<div class=\"curves\">\n";
    for curve in &suite.curves {
        let _ = writeln!(html, "<figure>{}</figure>", curve.svg());
    }
    *html += "</div>\n";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::figure::Figure;
    use crate::eval::interval::Estimate;

    #[test]
    fn the_page_asks_nothing_from_outside_and_escapes_what_it_shows() {
        let report = Report {
            version: "0",
            encoder: "<encoder>".to_owned(),
            quick: true,
            suites: vec![Measured {
                name: "x",
                about: "A & B.",
                figures: vec![Figure::higher("auroc", Estimate::exact(0.9, 3)).goal(0.95)],
                curves: Vec::new(),
                notes: Vec::new(),
                seconds: 1.0,
            }],
        };
        let page = report.html();
        assert!(page.contains("&lt;encoder&gt;") && page.contains("A &amp; B."));
        assert!(page.contains("<tr class=\"missed\"><td>auroc"));
        assert!(!page.contains("http") && !page.contains("<script"));
    }
}
