//! Tables of a page.

use std::fmt::Write as _;

use crate::pages::escaped;

/// A table whose first column names its rows.
///
/// On a narrow screen rows are blocks, in which each cell says what it is (`shared/tables.css`). A
/// browser that shows a table as something else takes it for something else, so each part says what
/// it is.
pub(super) fn table(titles: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut html =
        "<table class=\"rows\" role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\">"
            .to_owned();
    for title in titles {
        let title = escaped(title);
        let _ = write!(html, "<th scope=\"col\" role=\"columnheader\">{title}</th>");
    }
    html += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
    for row in rows {
        html += "<tr role=\"row\">";
        for (index, (title, cell)) in titles.iter().zip(&row).enumerate() {
            let (title, cell) = (escaped(title), escaped(cell));
            let _ = match index {
                0 => write!(
                    html,
                    "<th scope=\"row\" role=\"rowheader\" data-label=\"{title}\">{cell}</th>"
                ),
                _ => write!(html, "<td role=\"cell\" data-label=\"{title}\">{cell}</td>"),
            };
        }
        html += "</tr>\n";
    }
    html + "</tbody>\n</table>\n"
}
