//! Other languages' words for what gates look for.

/// A foreign word and the English it is read as.
type Entry = (&'static str, &'static str);

/// Folded words, without accents, of more than one word or of one.
///
/// A hand-made selection of what customers of an English-speaking assistant would say to get the
/// same done: refunds, lawyers, humans. Words that are English as well are left out.
const WORDS: &[Entry] = &[
    // German
    ("ruckerstattung", "refund"),
    ("rueckerstattung", "refund"),
    ("erstattung", "refund"),
    ("erstatten", "refund"),
    ("ruckzahlung", "refund"),
    ("rueckzahlung", "refund"),
    ("geld zuruck", "money back refund"),
    ("geld zurueck", "money back refund"),
    ("anwalt", "lawyer"),
    ("rechtsanwalt", "lawyer"),
    ("mitarbeiter", "human agent"),
    ("einem menschen", "a human"),
    // French
    ("remboursement", "refund"),
    ("rembourser", "refund"),
    ("remboursez", "refund"),
    ("avocat", "lawyer"),
    ("un humain", "a human"),
    ("un conseiller", "a human agent"),
    // Spanish
    ("reembolso", "refund"),
    ("reembolsar", "refund"),
    ("reembolsen", "refund"),
    ("devolucion", "refund"),
    ("devuelvan", "refund"),
    ("abogado", "lawyer"),
    ("un humano", "a human"),
    ("una persona", "a person"),
    ("un agente", "a human agent"),
    // Portuguese
    ("estorno", "refund"),
    ("advogado", "lawyer"),
    ("atendente", "human agent"),
    // Italian
    ("rimborso", "refund"),
    ("rimborsare", "refund"),
    ("rimborsate", "refund"),
    ("rimborsatemi", "refund me"),
    ("avvocato", "lawyer"),
    ("un operatore", "a human operator"),
    ("un umano", "a human"),
    // Dutch
    ("terugbetaling", "refund"),
    ("terugbetalen", "refund"),
    ("geld terug", "money back refund"),
    ("advocaat", "lawyer"),
    ("een mens", "a human"),
    ("medewerker", "human agent"),
    // Polish, Czech
    ("zwrot pieniedzy", "refund"),
    ("zwrotu pieniedzy", "refund"),
    ("prawnik", "lawyer"),
    ("prawnika", "lawyer"),
    ("vraceni penez", "refund"),
    // Swedish, Norwegian, Danish
    ("aterbetalning", "refund"),
    ("tilbakebetaling", "refund"),
    ("refusjon", "refund"),
    ("tilbagebetaling", "refund"),
    ("pengarna tillbaka", "money back refund"),
    ("advokat", "lawyer"),
    // Turkish, Indonesian, Vietnamese
    ("para iadesi", "refund"),
    ("geri odeme", "refund"),
    ("pengembalian dana", "refund"),
    ("hoan tien", "refund"),
    ("avukat", "lawyer"),
    // Russian, Ukrainian
    ("возврат", "refund"),
    ("возврата", "refund"),
    ("верните деньги", "refund money back"),
    ("вернуть деньги", "refund money back"),
    ("повернення коштів", "refund"),
    ("поверніть гроші", "refund money back"),
    ("адвокат", "lawyer"),
    ("адвокату", "lawyer"),
    ("юрист", "lawyer"),
    ("оператор", "human operator"),
    ("оператора", "human operator"),
    // Greek
    ("επιστροφη χρηματων", "refund"),
    ("επιστροφή χρημάτων", "refund"),
    ("δικηγόρο", "lawyer"),
    ("δικηγόρος", "lawyer"),
    // Arabic, Hebrew, Hindi
    ("استرداد", "refund"),
    ("استرجاع", "refund"),
    ("محامي", "lawyer"),
    ("החזר", "refund"),
    ("रिफंड", "refund"),
    ("वकील", "lawyer"),
];

/// The same for languages that are written without blanks between words.
const UNSPACED: &[Entry] = &[
    ("返金", "refund"),
    ("弁護士", "lawyer"),
    ("退款", "refund"),
    ("退钱", "refund"),
    ("退錢", "refund"),
    ("律师", "lawyer"),
    ("律師", "lawyer"),
    ("人工客服", "human agent"),
    ("환불", "refund"),
    ("변호사", "lawyer"),
    ("คืนเงิน", "refund"),
];

/// Most words of one text that are read.
const MOST: usize = 64;

/// The foreign words in a folded text without accents, in order, each with its bytes and what it
/// is read as; none overlaps another.
pub(super) fn foreign_words(text: &str) -> Vec<(std::ops::Range<usize>, &'static str)> {
    let mut found: Vec<(std::ops::Range<usize>, &'static str)> = Vec::new();
    let bounded = |at: usize, word: &str| {
        let before = text[..at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        [before, behind]
            .iter()
            .all(|c| c.is_none_or(|c| !c.is_alphanumeric()))
    };
    for (list, whole) in [(WORDS, true), (UNSPACED, false)] {
        for (word, english) in list {
            let places = text.match_indices(word).map(|(at, _)| at);
            let places = places.filter(|at| !whole || bounded(*at, word));
            found.extend(places.take(MOST).map(|at| (at..at + word.len(), *english)));
        }
    }
    // Of two at one place the longer.
    found.sort_by_key(|(at, _)| (at.start, usize::MAX - at.end));
    found.truncate(MOST);
    let mut end = 0;
    found.retain(|(at, _)| {
        let free = at.start >= end;
        if free {
            end = at.end;
        }
        free
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_are_found_whole_and_once() {
        let words = |text| {
            let found = foreign_words(text).into_iter();
            found.map(|(_, english)| english).collect::<Vec<_>>()
        };
        assert_eq!(words("quiero un reembolso, abogado"), ["refund", "lawyer"]);
        assert_eq!(words("ich will mein geld zuruck"), ["money back refund"]);
        assert_eq!(words("請退款給我"), ["refund"]);
        assert!(words("the avocado advocates an anwaltx").is_empty());
    }
}
