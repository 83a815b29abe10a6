//! E-mail addresses.

use super::scan::Text;

/// The end of an address that begins at `at`.
pub(super) fn address(text: &Text<'_>, at: usize) -> Option<usize> {
    let first = at == 0 || text.escaped(at) || !text.at(at - 1).is_some_and(local);
    if !first || !text.at(at).is_some_and(|c| local(c) && c != '.') {
        return None;
    }
    let sign = (at..).find(|next| !text.at(*next).is_some_and(local))?;
    if text.at(sign) != Some('@') {
        return None;
    }
    let domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let mut end = (sign + 1..).find(|next| !text.at(*next).is_some_and(domain))?;
    // The end of a sentence is no part of it.
    while end > sign + 1 && matches!(text.at(end - 1), Some('.' | '-')) {
        end -= 1;
    }
    let host = text.between(text.byte(sign + 1), text.byte(end));
    let (names, top) = host.rsplit_once('.')?;
    let named = names.split('.').all(|name| !name.is_empty());
    let known = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    (named && (known || top.starts_with("xn--"))).then_some(end)
}

/// Whether it may stand before the `@` (RFC 5322, section 3.2.3, and letters of any script).
fn local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}
