//! A conversation on the page, with the words that show a finding marked.

use std::fmt::Write as _;

use crate::audit::walk::{Fired, Shown};
use crate::audit::{Audited, Happening, Lost};
use crate::eval::curve::escaped;

/// Most turns that are shown, and most bytes of one.
const TURNS: usize = 80;
const BYTES: usize = 2_000;
/// Most bytes of a call.
const CALL: usize = 300;

/// Writes the turns and calls of a conversation; what `pattern` found is marked, or what any did.
pub(super) fn transcript(html: &mut String, audited: &Audited, pattern: Option<u8>) {
    let fired: Vec<&Fired> = audited
        .walked
        .fired
        .iter()
        .filter(|fired| pattern.is_none_or(|pattern| fired.pattern == pattern))
        .collect();
    let lost = audited.lost.iter();
    let lost = lost.filter(|lost| pattern.is_none_or(|pattern| lost.pattern == pattern));
    let lost: Vec<&Lost> = lost.collect();
    *html += "<ol class=\"turns\">\n";
    let mut turn = 0;
    for happening in &audited.recorded.happenings {
        if turn >= TURNS {
            *html += "<li class=\"quiet\"><span></span><span>… it goes on</span>\n";
            break;
        }
        match happening {
            Happening::Said { by, text, .. } => {
                turn += 1;
                let here: Vec<&&Fired> = fired.iter().filter(|fired| fired.turn == turn).collect();
                let fires = if here.is_empty() { "" } else { " fires" };
                let who = by.as_str();
                let _ = write!(
                    html,
                    "<li class=\"{who}{fires}\"><span class=\"who\">{turn} {who}</span><div>\
                     <div class=\"text\">"
                );
                let shown = fired.iter().flat_map(|fired| &fired.evidence);
                let shown = shown.chain(lost.iter().flat_map(|lost| &lost.evidence));
                let shown: Vec<&Shown> = shown.filter(|shown| shown.turn == turn).collect();
                marked(html, &text[..text.floor_char_boundary(BYTES)], &shown);
                *html += "</div>";
                for fired in here {
                    say(html, fired);
                }
                for lost in lost.iter().filter(|lost| lost.turn == turn) {
                    say_lost(html, lost);
                }
                *html += "</div>\n";
            }
            Happening::Did(action) => {
                let result = action.result.as_deref().unwrap_or("no result");
                let _ = writeln!(
                    html,
                    "<li><span class=\"who\">call</span><div class=\"call\">{}({}) → {}</div>",
                    escaped(&action.name),
                    escaped(cut(&action.input)),
                    escaped(cut(result))
                );
            }
        }
    }
    *html += "</ol>\n";
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(CALL)]
}

/// What fired, and why.
fn say(html: &mut String, fired: &Fired) {
    let name = match fired.rule.as_str() {
        "" => fired.kind.as_str().replace('_', " "),
        rule => format!("gate {rule}"),
    };
    let threshold = match fired.threshold {
        Some(threshold) => format!(" (from {threshold:.2})"),
        None => String::new(),
    };
    let _ = write!(
        html,
        "<p class=\"bad\">Hands off here: pattern {}, {}, score {:.2}{threshold}</p>",
        fired.pattern,
        escaped(&name),
        fired.score
    );
    reasons(html, &fired.evidence);
}

/// What was lost, and what shows it.
fn say_lost(html: &mut String, lost: &Lost) {
    let begins = match lost.pattern {
        6 => "Told again from here",
        _ => "The bot could have gone on from here",
    };
    let _ = write!(
        html,
        "<p class=\"bad\">{begins}: pattern {}, turns {}</p>",
        lost.pattern, lost.turns
    );
    reasons(html, &lost.evidence);
}

fn reasons(html: &mut String, evidence: &[Shown]) {
    *html += "<ul class=\"why quiet\">";
    for shown in evidence {
        let _ = write!(html, "<li>turn {}: {}", shown.turn, escaped(&shown.why));
    }
    *html += "</ul>";
}

/// Writes `text` with the quotes of `shown` marked where they stand in it. Of those that overlap the
/// first stays.
fn marked(html: &mut String, text: &str, shown: &[&Shown]) {
    let mut places: Vec<(usize, usize, &str)> = shown
        .iter()
        .filter(|shown| !shown.quote.is_empty())
        .filter_map(|shown| {
            // Quotes end with a mark where they were cut.
            let quote = shown.quote.trim_end_matches('…').trim();
            let from = text.find(quote).filter(|_| !quote.is_empty())?;
            Some((from, from + quote.len(), shown.why.as_str()))
        })
        .collect();
    places.sort_unstable();
    let mut done = 0;
    for (from, to, why) in places {
        if from < done {
            continue;
        }
        let _ = write!(
            html,
            "{}<mark title=\"{}\">{}</mark>",
            escaped(&text[done..from]),
            escaped(why),
            escaped(&text[from..to])
        );
        done = to;
    }
    *html += &escaped(&text[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_marked_once_and_everything_is_escaped() {
        let shown = |quote: &str| Shown {
            turn: 1,
            quote: quote.to_owned(),
            why: "a \"why\"".to_owned(),
        };
        let (a, b, c) = (shown("<b>money"), shown("money back"), shown("not there"));
        let mut html = String::new();
        marked(&mut html, "I want <b>money back", &[&b, &a, &c]);
        assert_eq!(html.matches("<mark").count(), 1);
        assert!(html.contains("&lt;b&gt;money</mark> back"), "{html}");
        assert!(html.contains("title=\"a &quot;why&quot;\""), "{html}");
    }
}
