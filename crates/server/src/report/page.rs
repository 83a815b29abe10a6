//! The report as a page that needs no script: the console's, or a file by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::picture::{Line, MOST_LINES, Scale, picture};
use super::table::table;
use super::text::{certain, figures, share, times};
use super::{Pair, Report};
use crate::pages::escaped;

/// The style of the page: what all pages share, and its own.
const STYLES: [&str; 3] = [
    include_str!("../pages/shared/theme.css"),
    include_str!("../pages/shared/tables.css"),
    include_str!("../pages/console/reports.css"),
];

impl Report {
    /// The report as one file that needs nothing beside itself.
    pub fn html(&self) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Warmline report</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
            STYLES.concat(),
            self.shown(""),
        )
    }

    /// What a page of the console shows of the report, with a form to ask for another.
    pub(crate) fn with_form(&self) -> String {
        self.shown(&self.form())
    }

    fn shown(&self, form: &str) -> String {
        let mut html = format!(
            "<main id=\"desk\" class=\"report\">\n<h1>What really happened</h1>\n<p \
             class=\"period\">{} <span class=\"quiet\">compared with {}</span></p>\n{form}",
            escaped(&self.now.words()),
            escaped(&self.than.words()),
        );
        self.headline(&mut html);
        self.pictures(&mut html);
        self.figures(&mut html);
        for (dimension, pairs) in &self.groups {
            group(&mut html, dimension, pairs);
        }
        self.precision(&mut html);
        html + "</main>\n"
    }

    /// Containment never stands alone.
    fn headline(&self, html: &mut String) {
        *html += "<div class=\"headline\">\n";
        let (now, than) = (&self.all.now, &self.all.than);
        for (name, now, than) in [
            ("containment", now.containment, than.containment),
            (
                "durable resolution",
                now.durable_resolution,
                than.durable_resolution,
            ),
            ("reopened", now.reopened, than.reopened),
            ("abandoned", now.abandoned, than.abandoned),
        ] {
            let percent = |rate: warmline::core::outcome::Rate| match rate.value() {
                Some(value) => format!("{:.1} %", value * 100.0),
                None => "–".to_owned(),
            };
            let _ = writeln!(
                html,
                "<section><h2>{name}</h2><p class=\"big\">{}</p><p class=\"quiet\">{} of {}, \
                 compared with {}</p></section>",
                percent(now),
                now.of,
                now.among,
                percent(than),
            );
        }
        *html += "</div>\n";
        if let Some(share) = now.provisional.value().filter(|share| *share > 0.0) {
            let _ = writeln!(
                html,
                "<p class=\"note\">{:.0} % of what counts as settled ended so lately that it may \
                 still be reopened.</p>",
                share * 100.0
            );
        }
    }

    fn pictures(&self, html: &mut String) {
        let days: Vec<&str> = self.days.iter().map(|trend| trend.day.as_str()).collect();
        let line = |name, value: fn(&warmline::core::outcome::Summary) -> Option<f64>| Line {
            name,
            values: self.days.iter().map(|t| value(&t.summary)).collect(),
        };
        let mut triggers: BTreeMap<&str, u64> = BTreeMap::new();
        for (trigger, count) in self.days.iter().flat_map(|trend| &trend.triggers) {
            *triggers.entry(trigger).or_default() += count;
        }
        let mut triggers: Vec<(&str, u64)> = triggers.into_iter().collect();
        triggers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        triggers.truncate(MOST_LINES);
        let triggers: Vec<Line<'_>> = triggers
            .into_iter()
            .map(|(name, _)| {
                let count = |trend: &super::Trend| {
                    Some(trend.triggers.get(name).copied().unwrap_or_default() as f64)
                };
                Line {
                    name,
                    values: self.days.iter().map(count).collect(),
                }
            })
            .collect();
        let pictures = [
            (
                "Containment beside durable resolution",
                Scale::Share,
                vec![
                    line("containment", |s| s.containment.value()),
                    line("durable resolution", |s| s.durable_resolution.value()),
                    line("abandoned", |s| s.abandoned.value()),
                ],
            ),
            (
                "Times",
                Scale::Seconds,
                vec![
                    line("handling, median", |s| s.handling.median),
                    line("waiting, median", |s| s.waiting.median),
                    line("waiting, 90 %", |s| s.waiting.p90),
                    line("first human word", |s| s.first_human.median),
                ],
            ),
            ("Handoffs by trigger", Scale::Count, triggers),
            (
                "Conversations that ended",
                Scale::Count,
                vec![line("ended", |s| Some(s.ended as f64))],
            ),
        ];
        *html += "<div class=\"pictures\">\n";
        for (title, scale, lines) in pictures {
            let _ = writeln!(
                html,
                "<figure><figcaption>{title}</figcaption>{}</figure>",
                picture(title, scale, &days, &lines)
            );
        }
        *html += "</div>\n";
    }

    fn figures(&self, html: &mut String) {
        let rows = figures(&self.all).into_iter();
        let rows = rows.map(|(name, now, than)| vec![name, now, than]);
        *html += "<h2>All figures</h2>\n";
        *html += &table(&["figure", "this", "compared with"], rows);
    }

    fn precision(&self, html: &mut String) {
        if self.precision.is_empty() {
            return;
        }
        *html += "<h2>Were the handoffs needed?</h2>\n<p class=\"quiet\">With 95 % intervals. Said \
                  by operators, and shown by outcomes: an operator who took it said something to \
                  the customer.</p>\n";
        let rows = self.precision.iter().map(|(cause, precision)| {
            vec![
                cause.clone(),
                certain(precision.said),
                certain(precision.shown),
            ]
        });
        *html += &table(&["cause", "said", "shown"], rows);
    }

    fn form(&self) -> String {
        let field = |name: &str, label: &str, kind: &str, value: &str| {
            format!(
                "<label>{label} <input name=\"{name}\" type=\"{kind}\" value=\"{}\"></label>\n",
                escaped(value)
            )
        };
        let policy = |period: &super::Period| period.policy.clone().unwrap_or_default();
        let assistant = |period: &super::Period| period.assistant.clone().unwrap_or_default();
        format!(
            "<form method=\"get\" class=\"ask\">\n<fieldset><legend>Period</legend>{}{}{}{}</fieldset>\n\
             <fieldset><legend>Compared with</legend>{}{}{}{}</fieldset>\n\
             <button class=\"main\">Show</button></form>\n",
            field("from", "from", "date", &self.now.from),
            field("to", "to", "date", &self.now.to),
            field("policy", "configuration", "text", &policy(&self.now)),
            field("assistant", "assistant", "text", &assistant(&self.now)),
            field("than_from", "from", "date", &self.than.from),
            field("than_to", "to", "date", &self.than.to),
            field("than_policy", "configuration", "text", &policy(&self.than)),
            field(
                "than_assistant",
                "assistant",
                "text",
                &assistant(&self.than)
            ),
        )
    }
}

fn group(html: &mut String, dimension: &str, pairs: &[(String, Pair)]) {
    let titles = [
        dimension,
        "ended",
        "containment",
        "durable resolution",
        "durable resolution, compared",
        "abandoned",
        "handed back and held",
        "handling, median",
    ];
    let rows = pairs.iter().map(|(name, Pair { now, than })| {
        vec![
            name.clone(),
            now.ended.to_string(),
            share(now.containment),
            share(now.durable_resolution),
            share(than.durable_resolution),
            share(now.abandoned),
            share(now.handback_success),
            times(&now.handling),
        ]
    });
    let _ = write!(
        html,
        "<h2>By {dimension}</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"By {dimension}\">{}</div>\n",
        table(&titles, rows)
    );
}
