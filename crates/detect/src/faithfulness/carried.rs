//! Whether turns carry a claim.

use std::collections::HashSet;

use crate::fact;
use crate::text::{is_among, references, stem, stems, words};

use super::Unfaithful;
use super::marked::parts;
use super::source::{Field, Heard, Voice, spoken};
use super::status::{Clause, Status, clauses, deeds_of};

/// The share of a claim's own words that the cited turns must have. A summary says much in other
/// words; of what is made up less than half is theirs.
pub(super) const CITED: f32 = 0.5;

/// The share that turns must have which it does not cite.
pub(super) const UNCITED: f32 = 0.75;

/// Letters from which two words are one when they begin alike: "cancelled", "cancellation".
const ALIKE: usize = 5;

/// Share of a clause's words in another from which the two speak of one matter.
const SAME_MATTER: f32 = 0.5;

/// Words with which a report speaks of the conversation itself.
const OF_REPORTS: &str = "customer user client caller person assistant bot agent operator human \
    staff support tool tools system conversation turn turns wants want wanted asks ask asked asking \
    requests request requested requesting said says say told tells tell stated states mentioned \
    wishes wish needs need needed would like called call calls tried try attempted attempt answered \
    answer replied reply responded provided provide gave given give offered offer explained explain \
    informed inform confirmed confirm checked check looked look up found find shown named name from \
    done failed result yet no not times time twice once again then also using used use because \
    reason rule handed over handoff needs issue problem regarding about concerning seeking seeks \
    details detail information available unable cannot however still currently already";

/// Whom a claim speaks of, by its first words.
const CUSTOMER: &str = "customer user client caller";
const STAFF: &str = "assistant bot agent operator staff support";
const ACTS: &str = "wants want wanted asks asked needs needed said says requests requested has had \
                    called provided confirmed mentioned told";

/// Whether `text`, said in `field`, is carried by what was `heard` in some turns, which must have a
/// `share` of its words.
pub(super) fn carried(
    text: &str,
    field: Field,
    heard: &[&Heard],
    share: f32,
) -> Result<(), Unfaithful> {
    let allowed: Vec<&Heard> = heard
        .iter()
        .copied()
        .filter(|h| field.hears(h.voice))
        .collect();
    if allowed.is_empty() {
        return Err(Unfaithful::Speaker);
    }
    let (quotations, rest) = parts(text);
    let is_said = |quotation: &&str| {
        let pieces = quotation.split('…').map(spoken);
        pieces
            .into_iter()
            .all(|piece| allowed.iter().any(|h| h.spoken.contains(&piece)))
    };
    if !quotations.iter().all(is_said) {
        return Err(Unfaithful::Quotation);
    }
    let rest = rest.replace('_', " ");
    speaker(&rest, heard)?;
    facts(text, heard)?;
    names(&rest, heard)?;
    content(&rest, !quotations.is_empty(), &allowed, share)?;
    let clauses = clauses(&rest);
    let denies = clauses.iter().any(|clause| clause.denies);
    for clause in &clauses {
        status(clause, field, &allowed)?;
        denial(clause, denies, &allowed)?;
    }
    Ok(())
}

/// Who a claim says did something said one of the cited turns.
fn speaker(rest: &str, heard: &[&Heard]) -> Result<(), Unfaithful> {
    let rest = rest.to_lowercase();
    let first = words(&rest)
        .map(|word| word.text)
        .find(|word| !is_among(word, "the a"));
    let first = first.unwrap_or_default();
    let has = |voices: &[Voice]| heard.iter().any(|h| voices.contains(&h.voice));
    let absent = is_among(first, CUSTOMER) && !has(&[Voice::Customer, Voice::Reason])
        || is_among(first, STAFF) && !has(&[Voice::Staff, Voice::Tool, Voice::Reason]);
    if absent {
        Err(Unfaithful::Speaker)
    } else {
        Ok(())
    }
}

/// Every number, amount, date, code and address stands in a cited turn.
fn facts(text: &str, heard: &[&Heard]) -> Result<(), Unfaithful> {
    let bare: String = text
        .chars()
        .map(|c| {
            if matches!(c, '“' | '”' | '(' | ')' | '…') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let spoken_turns = heard
        .iter()
        .filter(|h| matches!(h.voice, Voice::Customer | Voice::Staff | Voice::Tool))
        .count();
    let known = |form: &str| heard.iter().any(|h| h.facts.contains(form));
    let is_digits =
        |at: &std::ops::Range<usize>| bare[at.clone()].starts_with(|c: char| c.is_ascii_digit());
    let facts = fact::facts(&bare).into_iter();
    let mut facts = facts.filter(|fact| fact.hard || is_digits(&fact.at));
    let foreign = facts.any(|fact| {
        let counts = bare[fact.at.end..].trim_start().starts_with("times");
        let counted = counts && fact.form.parse().is_ok_and(|n: usize| n <= spoken_turns);
        !counted && !known(&fact.form)
    });
    // Booking codes have few digits, and are no numbers.
    let mixed = |word: &str| {
        word.len() >= 5
            && word.contains(|c: char| c.is_ascii_digit())
            && word.contains(|c: char| c.is_ascii_alphabetic())
    };
    let said = |code: &str| {
        let code = format!(" {} ", code.to_lowercase());
        heard
            .iter()
            .any(|h| format!("{} ", h.spoken).contains(&code))
    };
    let apart = bare.replace('_', " ");
    let strange = words(&apart).any(|word| mixed(word.text) && !said(word.text));
    if foreign || strange {
        Err(Unfaithful::Fact)
    } else {
        Ok(())
    }
}

/// Every name stands in a cited turn.
fn names(rest: &str, heard: &[&Heard]) -> Result<(), Unfaithful> {
    let known = |name: &str| {
        let stems = words(name).map(|word| stem(word.text).to_owned());
        stems.into_iter().all(|stem| {
            is_among(&stem, OF_REPORTS) || heard.iter().any(|h| h.stems.contains(&stem))
        })
    };
    let mut names = references(rest);
    names.extend(codes(rest));
    // A name at the beginning shows by what follows it.
    let mut first = words(rest).map(|word| word.text);
    if let (Some(name), Some(act)) = (first.next(), first.next())
        && is_among(act, ACTS)
        && name.chars().next().is_some_and(char::is_uppercase)
        && !is_among(
            &name.to_lowercase(),
            "the he she they it this that customers",
        )
    {
        names.push(name.to_lowercase());
    }
    // Numbers among them are facts.
    names.retain(|name| !name.contains(|c: char| c.is_ascii_digit() || c == '@'));
    names.retain(|name| fact::forms([name.as_str()].into_iter()).is_empty());
    if names.iter().all(|name| known(name)) {
        Ok(())
    } else {
        Err(Unfaithful::Name)
    }
}

/// Words in capitals, as codes of places and bookings are; none where the text shouts.
fn codes(text: &str) -> Vec<String> {
    let is_code = |word: &str| word.len() >= 3 && word.chars().all(|c| c.is_ascii_uppercase());
    let all: Vec<&str> = words(text).map(|word| word.text).collect();
    let codes: Vec<&&str> = all.iter().filter(|word| is_code(word)).collect();
    match codes.len() * 2 > all.len() {
        true => Vec::new(),
        false => codes.into_iter().map(|code| code.to_lowercase()).collect(),
    }
}

/// Enough of a claim's own words are those of the cited turns.
fn content(rest: &str, quotes: bool, allowed: &[&Heard], share: f32) -> Result<(), Unfaithful> {
    let of_reports: HashSet<String> = stems(OF_REPORTS);
    let mut own = fact::content(rest);
    own.retain(|word| !of_reports.contains(word));
    let known = |word: &&String| {
        let begins = word.get(..ALIKE);
        allowed.iter().any(|h| {
            let alike = |other: &String| begins.is_some_and(|begin| other.starts_with(begin));
            h.stems.contains(*word) || h.stems.iter().any(alike)
        })
    };
    let count = own.iter().filter(known).count();
    let carried = match own.len() {
        0 => quotes || !fact::facts(rest).is_empty(),
        all => count as f32 >= share * all as f32,
    };
    if carried {
        Ok(())
    } else {
        Err(Unfaithful::Words)
    }
}

/// What is said to be done was done, and what is said to be promised was promised.
fn status(claim: &Clause, field: Field, allowed: &[&Heard]) -> Result<(), Unfaithful> {
    if claim.deeds.is_empty() || claim.denies {
        return Ok(());
    }
    let shares = |deeds: &[&str]| claim.deeds.iter().any(|deed| deeds.contains(deed));
    let said = |status: &dyn Fn(&Heard, &Clause) -> bool| {
        let clauses = allowed
            .iter()
            .flat_map(|h| h.clauses.iter().map(move |clause| (*h, clause)));
        clauses
            .into_iter()
            .any(|(h, clause)| shares(&clause.deeds) && status(h, clause))
    };
    let called = || {
        let mut tools = allowed.iter().filter(|h| h.failed == Some(false));
        tools.any(|h| shares(&deeds_of(&h.stems)))
    };
    let agrees = match claim.status {
        Status::Done => {
            called() || said(&|_, clause| clause.status == Status::Done && !clause.denies)
        }
        Status::Promised => said(&|h, clause| {
            let kept = field == Field::Promised && clause.status == Status::Done;
            h.voice != Voice::Customer
                && !clause.denies
                && (clause.status == Status::Promised || kept)
        }),
        Status::Wanted | Status::Told => true,
    };
    if agrees {
        Ok(())
    } else {
        Err(Unfaithful::Status)
    }
}

/// Clauses that speak of the same matter do not all say the opposite of the clause, nor of the claim
/// that it stands in, which `denies` or does not.
fn denial(claim: &Clause, denies: bool, allowed: &[&Heard]) -> Result<(), Unfaithful> {
    let of_reports: HashSet<String> = stems(OF_REPORTS);
    let own: HashSet<String> = claim.stems.difference(&of_reports).cloned().collect();
    if own.is_empty() {
        return Ok(());
    }
    // To want something denies nothing that became of it.
    let wanted = claim.status == Status::Wanted;
    let heard = allowed
        .iter()
        .filter(|h| !wanted || h.voice == Voice::Customer);
    let clauses = || heard.clone().flat_map(|h| &h.clauses);
    let nearness = |clause: &Clause| fact::overlap(&own, &clause.stems);
    let best = clauses().map(nearness).fold(0.0, f32::max);
    if best < SAME_MATTER {
        return Ok(());
    }
    let mut nearest = clauses().filter(|clause| nearness(clause) >= 0.8 * best);
    if nearest.any(|clause| [claim.denies, denies].contains(&clause.denies)) {
        Ok(())
    } else {
        Err(Unfaithful::Denial)
    }
}
