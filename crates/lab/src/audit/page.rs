//! The account as one HTML page that needs nothing beside itself.
//!
//! Everything that comes from a log is escaped, and the page's own policy lets nothing run but the
//! script it was written with.

mod transcript;

use std::fmt::Write as _;

use super::summary::{Basis, Example, PatternRow, Summary};
use crate::eval::curve::escaped;
use transcript::transcript;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/labels.js");
/// The SHA-256 of the script, for the page's policy; a test keeps it true.
const SCRIPT_HASH: &str = "CDlkssn/5KheJttXQ3di6wfkrj4AXDEMSXoOOGE7p44=";

/// What a pattern means, and what switches it on, for those who read only the table.
fn meaning(pattern: u8) -> (&'static str, &'static str) {
    match pattern {
        1 => (
            "The bot's answer is not carried by what it was given, or it failed.",
            "thresholds.grounding, .citation_density, .verifier",
        ),
        2 => (
            "The customer asks for something that the bot was not made for.",
            "scope.examples and thresholds.out_of_domain",
        ),
        3 => (
            "The customer is upset, or getting there.",
            "thresholds.sentiment",
        ),
        4 => (
            "The customer, or the bot, says the same again and again.",
            "thresholds.repeat_loop",
        ),
        5 => (
            "A human was asked for, money or rights were promised, or a rule says so.",
            "[[gates]] and thresholds.commitment",
        ),
        6 => (
            "The customer had to say again what they had told the bot.",
            "the card, always on",
        ),
        _ => (
            "The human went on to answer what nothing keeps from the bot.",
            "“AI can finish this”, one click of whoever has it",
        ),
    }
}

impl Summary {
    /// The account as a page, with example transcripts and a way to label them.
    pub fn html(&self) -> String {
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>Warmline: audit of {} conversations</title>\n<style>{STYLE}</style>\n",
            self.conversations
        );
        self.opening(&mut html);
        self.roadmap_table(&mut html);
        self.after_handoff(&mut html);
        for row in self.roadmap.iter().filter(|row| row.fired > 0) {
            examples(&mut html, row);
        }
        self.others(&mut html);
        self.method(&mut html);
        let _ = write!(
            html,
            "<div class=\"bar\"><span id=\"labelled\" role=\"status\"></span>\
             <button id=\"save\" type=\"button\">Download labels</button></div>\n\
             <script>{SCRIPT}</script>\n</html>\n"
        );
        html
    }

    fn opening(&self, html: &mut String) {
        let (basis, verb) = match self.basis {
            Basis::Measured => ("measured", "ended badly"),
            Basis::Estimated => ("estimated: the log has no outcomes", "probably ended badly"),
        };
        let _ = write!(
            html,
            "<h1>What the bot missed in {} conversations</h1>\n<p><span class=\"basis\">{basis}</span></p>\n\
             <p>{} conversations {verb}; in {} of them no human ever came. The patterns below would \
             have called one in all but {}, for {} handoffs more than there were.</p>\n<dl class=\"facts\">",
            self.conversations,
            self.bad,
            self.bad_without_handoff,
            self.missed,
            self.extra_handoffs
        );
        let share = 100.0 * self.extra_handoffs as f64 / self.conversations.max(1) as f64;
        let facts = [
            ("conversations", self.conversations.to_string()),
            ("came to a human", self.handed_over.to_string()),
            (
                "ended badly without one",
                self.bad_without_handoff.to_string(),
            ),
            ("of these nothing fires in", self.missed.to_string()),
            (
                "more handoffs",
                format!("{} ({share:.0} %)", self.extra_handoffs),
            ),
            ("came back about the same", self.returned.to_string()),
        ];
        for (name, value) in facts {
            let _ = write!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>");
        }
        *html += "</dl>\n";
    }

    fn roadmap_table(&self, html: &mut String) {
        *html += "<h2>Roadmap</h2>\n<p>The patterns that save most, weighed by how often they are \
                  right, come first. A conversation that was saved ended badly without any human and \
                  the pattern fires in it; a false alarm ended well without one.</p>\n\
                  <div class=\"scroll\"><table>\n<tr><th class=\"number\">#<th>pattern<th class=\"number\">\
                  saved<th class=\"number\">false alarms<th>right<th class=\"number\">fires in<th \
                  class=\"number\">first in<th>switched on by\n";
        for (number, row) in (1..).zip(self.roadmap.iter().filter(|row| row.fired > 0)) {
            let (meaning, switch) = meaning(row.pattern);
            let precision = row.precision().map_or("-".to_owned(), |precision| {
                format!(
                    "<meter value=\"{precision:.3}\">{precision:.2}</meter> {:.0} %",
                    100.0 * precision
                )
            });
            let _ = writeln!(
                html,
                "<tr><td class=\"number\">{number}<td class=\"name\">{} {}<small>{meaning}</small>\
                 <td class=\"number good\">{}<td class=\"number bad\">{}<td>{precision}\
                 <td class=\"number\">{}<td class=\"number\">{}<td class=\"quiet\">{switch}",
                row.pattern, row.name, row.saved, row.false_alarms, row.fired, row.first
            );
        }
        *html += "</table></div>\n";
        let silent = self.roadmap.iter().filter(|row| row.fired == 0);
        let silent: Vec<String> = silent
            .map(|row| format!("{} {}", row.pattern, row.name))
            .collect();
        if !silent.is_empty() {
            let _ = writeln!(
                html,
                "<p class=\"quiet\">Never fired: {}. Pattern 2 needs a scope, pattern 1 the passages \
                 or citations of answers.</p>",
                silent.join(", ")
            );
        }
    }

    fn after_handoff(&self, html: &mut String) {
        if self.with_human == 0 {
            return;
        }
        let _ = write!(
            html,
            "<h2>After a human took over</h2>\n<p>A human said something in {} conversations. Two \
             patterns begin there; they cost no handoff.</p>\n<div class=\"scroll\"><table>\n\
             <tr><th>pattern<th class=\"number\">conversations<th class=\"number\">turns<th>brought \
             by\n",
            self.with_human
        );
        for row in &self.after_handoff {
            let (meaning, switch) = meaning(row.pattern);
            let _ = writeln!(
                html,
                "<tr><td class=\"name\">{} {}<small>{meaning}</small><td class=\"number\">{}\
                 <td class=\"number\">{}<td class=\"quiet\">{switch}",
                row.pattern, row.name, row.conversations, row.turns
            );
        }
        *html += "</table></div>\n<p class=\"quiet\">Pattern 7 needs a scope: without its intents \
                  nothing says what the bot is for.</p>\n";
        for row in self.after_handoff.iter().filter(|row| row.turns > 0) {
            let _ = writeln!(
                html,
                "<h3>{} {}: {}</h3>",
                row.pattern,
                row.name,
                row.what()
            );
            row.examples
                .iter()
                .for_each(|example| show(html, example, Some(row.pattern)));
        }
    }

    fn others(&self, html: &mut String) {
        if !self.misses.is_empty() {
            *html += "<h2>Ended badly, no human, and nothing fires</h2>\n<p>What to look at by hand: \
                      a gate or an example of what is out of scope may be missing.</p>\n";
            self.misses
                .iter()
                .for_each(|example| show(html, example, None));
        }
        if !self.returns.is_empty() {
            let _ = write!(
                html,
                "<h2>Came back about what was said to be settled</h2>\n<p>{} customers did within \
                 seven days. A pattern fires in the earlier conversation of {}.</p>\n",
                self.returned,
                self.returns_caught.values().sum::<u64>()
            );
            self.returns
                .iter()
                .for_each(|example| show(html, example, None));
        }
        if !self.sample.is_empty() {
            let _ = write!(
                html,
                "<h2>Label these</h2>\n<p>{} conversations drawn by chance, so that what is measured \
                 on them holds for all. Did they need a human? Download the labels below and pass \
                 them to <code>warmline audit --labels</code> or <code>warmline calibrate \
                 --labels</code>.</p>\n",
                self.sample.len()
            );
            self.sample
                .iter()
                .for_each(|example| show(html, example, None));
        }
    }

    fn method(&self, html: &mut String) {
        *html += "<h2>How this was counted</h2>\n<ul>\n<li>Every conversation was decided again by \
                  the policy: the customer's turns and the bot's answers, as drafts, passed the \
                  detectors. From where a human took over nothing calls one any more.\n";
        *html += match self.basis {
            Basis::Measured => {
                "<li>Bad and good endings are those of the log's outcomes and of labels. \
                 Conversations with neither count in <em>fires in</em> and in the price alone.\n"
            }
            Basis::Estimated => {
                "<li>The log has no outcomes. A risk of one half or more counts as a bad ending: \
                 an estimate, to be replaced by labels.\n"
            }
        };
        *html += "<li>The risk is fitted to nothing: it weighs whether customers who wanted the same \
                  were treated otherwise, what was changed, the length, signs of trouble, and \
                  whether a human came.\n";
        if let (Some(risk), Some(length)) = (self.risk_auroc, self.length_auroc) {
            let _ = writeln!(
                html,
                "<li>It tells bad endings from good ones with an AUROC of {:.3} (95 % interval {:.3} \
                 to {:.3}, n = {}); the length alone with {:.3}.",
                risk.value, risk.low, risk.high, risk.n, length.value
            );
        }
        *html += "</ul>\n";
        if self.skipped > 0 {
            let _ = write!(
                html,
                "<p>{} records could not be read:</p>\n<ul>\n",
                self.skipped
            );
            for line in &self.skipped_lines {
                let _ = writeln!(html, "<li class=\"quiet\">{}", escaped(line));
            }
            *html += "</ul>\n";
        }
    }
}

fn examples(html: &mut String, row: &PatternRow) {
    if row.examples.is_empty() {
        return;
    }
    let _ = writeln!(
        html,
        "<h2>{} {}: conversations it would have saved</h2>",
        row.pattern, row.name
    );
    for example in &row.examples {
        show(html, example, Some(row.pattern));
    }
}

/// A conversation, folded up; where `pattern` is given, with what it found.
fn show(html: &mut String, example: &Example, pattern: Option<u8>) {
    let audited = &example.audited;
    let id = escaped(&audited.recorded.id);
    let first = audited.recorded.customer().next().unwrap_or_default();
    let mut opening = first[..first.floor_char_boundary(90)].to_owned();
    if opening.len() < first.len() {
        opening.push('…');
    }
    let fired = audited.walked.fired.iter();
    let fired = fired.filter(|fired| pattern.is_none_or(|pattern| fired.pattern == pattern));
    let lost = audited.lost.iter();
    let lost = lost.filter(|lost| Some(lost.pattern) == pattern);
    let turns = fired
        .map(|fired| fired.turn)
        .chain(lost.map(|lost| lost.turn));
    let turns: Vec<String> = turns.map(|turn| format!("turn {turn}")).collect();
    let at = match turns.is_empty() {
        true => "nothing fires".to_owned(),
        false => format!("fires at {}", turns.join(", ")),
    };
    let _ = write!(
        html,
        "<details><summary><b>{id}</b> {at}, risk {:.2}: {}</summary>\n<div class=\"inside\">",
        audited.risk.score,
        escaped(&opening)
    );
    transcript(html, audited, pattern);
    *html += "<ul class=\"why quiet\">";
    for reason in &audited.risk.reasons {
        let _ = write!(
            html,
            "<li>{} {:.2}: {}",
            reason.principle.as_str().replace('_', " "),
            reason.share,
            escaped(&reason.why)
        );
    }
    if let Some(returned) = &audited.returned {
        let _ = write!(
            html,
            "<li>comes back after {:.1} days to {}",
            returned.days,
            escaped(&returned.to)
        );
    }
    *html += "</ul>";
    // Radio buttons of one place belong together; a number tells places apart.
    let group = html.len();
    let _ = writeln!(
        html,
        "<fieldset><legend>Did it need a human?</legend>\
         <label><input type=\"radio\" name=\"g{group}\" data-id=\"{id}\" value=\"yes\"> yes</label>\
         <label><input type=\"radio\" name=\"g{group}\" data-id=\"{id}\" value=\"no\"> no</label>\
         </fieldset></div></details>"
    );
}

#[cfg(test)]
mod tests;
