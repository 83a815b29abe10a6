//! What words say about how a conversation stands: thanks, confirmations, denials, answers that
//! answer nothing. In English, German, French and Spanish; others say nothing here, and their
//! conversations end unconfirmed.

/// Longest turn, in words, that can be thanks alone, and most of them that are no courtesy: a name.
const MOST_THANKS: usize = 10;
const MOST_BESIDE: usize = 2;
/// Longest turn, in words, that can be a confirmation.
const MOST_CONFIRMATION: usize = 24;
/// Longest answer, in words, whose admission is all that it says.
const MOST_ADMISSION: usize = 45;

const THANKS: [&str; 14] = [
    "thanks",
    "thank you",
    "thx",
    "cheers",
    "ty",
    "danke",
    "dankeschön",
    "dank",
    "merci",
    "gracias",
    "great",
    "bye",
    "tschüss",
    "goodbye",
];

/// Words that go with thanks and ask for nothing.
const COURTEOUS: &str = " ok okay alright fine good nice cool super very much so a an lot lots for \
    your you the this that all it and again now everything help quick reply answer info information \
    have day one evening weekend then no yes hi hello dear many best wishes regards \
    sehr vielen schön herzlichen gut alles klar prima für die das den ihre deine hilfe antwort schnelle \
    und einen schönen tag noch nein ja dir ihnen auf wiedersehen \
    beaucoup bien très pour votre aide réponse tout bonne journée et à vous non oui au revoir \
    muchas muchísimas mil muy bien por su tu ayuda respuesta todo buen día y sí ";

/// Words that ask for something, or thank for what is still to come.
const REQUESTS: &str = " please pls want wanna need can could would will cancel send refund change \
    advance beforehand but bitte möchte brauche kann können könnten voraus aber \
    veuillez voudrais peux pouvez pourriez avance davance mais \
    favor quiero necesito puede puedes podría antemano adelantado pero ";

const CONFIRMATIONS: [&str; 44] = [
    "that worked",
    "it worked",
    "it works",
    "that works",
    "works now",
    "works again",
    "working now",
    "solved",
    "resolved it",
    "that helped",
    "that helps",
    "helped a lot",
    "thats all",
    "that is all",
    "thats it",
    "all good",
    "all set",
    "perfect",
    "sorted",
    "thats what i needed",
    "answers my question",
    "hat geklappt",
    "klappt jetzt",
    "geklappt",
    "funktioniert jetzt",
    "geht jetzt",
    "geht wieder",
    "hat geholfen",
    "das hilft",
    "das wars",
    "das war alles",
    "erledigt",
    "perfekt",
    "ça marche",
    "ça a marché",
    "cest bon",
    "résolu",
    "cest réglé",
    "cest tout",
    "parfait",
    "ya funciona",
    "funcionó",
    "solucionado",
    "eso es todo",
];

const DENIALS: [&str; 40] = [
    "not working",
    "doesnt work",
    "does not work",
    "didnt work",
    "did not work",
    "still not",
    "still doesnt",
    "still broken",
    "didnt help",
    "did not help",
    "doesnt help",
    "does not help",
    "not helpful",
    "no help",
    "not solved",
    "not resolved",
    "useless",
    "not what i asked",
    "thats wrong",
    "not right",
    "not correct",
    "isnt working",
    "makes no sense",
    "funktioniert nicht",
    "funktioniert immer noch nicht",
    "geht nicht",
    "geht immer noch nicht",
    "hilft nicht",
    "hilft mir nicht",
    "immer noch nicht",
    "stimmt nicht",
    "ne marche pas",
    "marche toujours pas",
    "ne fonctionne pas",
    "ne maide pas",
    "toujours pas",
    "no funciona",
    "no me ayuda",
    "no sirve",
    "sigue sin",
];

const NEGATIONS: [&str; 14] = [
    "not", "isnt", "wasnt", "didnt", "doesnt", "hasnt", "never", "nicht", "nie", "pas", "jamais",
    "nunca", "tampoco", "unless",
];

const ADMISSIONS: [&str; 36] = [
    "i dont know",
    "i do not know",
    "im not sure",
    "i am not sure",
    "i dont have information",
    "i dont have any information",
    "i dont have that information",
    "i do not have information",
    "i couldnt find",
    "i could not find",
    "i cant find",
    "i cannot find",
    "i cant help",
    "i cannot help",
    "i cant answer",
    "i cannot answer",
    "im unable to",
    "i am unable to",
    "outside of what i",
    "weiß ich nicht",
    "ich weiß nicht",
    "weiß ich leider nicht",
    "kann ich nicht beantworten",
    "kann ich leider nicht",
    "keine informationen",
    "dazu finde ich nichts",
    "je ne sais pas",
    "je nai pas trouvé",
    "je ne trouve pas",
    "je ne peux pas",
    "no lo sé",
    "no sé",
    "no encuentro",
    "no he encontrado",
    "no puedo ayudar",
    "no tengo información",
];

const COURTESIES: [&str; 22] = [
    "anything else",
    "something else",
    "any other question",
    "does that help",
    "did that help",
    "was that helpful",
    "is that okay",
    "does this help",
    "further questions",
    "noch etwas",
    "sonst noch",
    "hilft das",
    "hilft ihnen das",
    "weitere fragen",
    "autre chose",
    "dautres questions",
    "cela vous aide",
    "est ce que cela",
    "algo más",
    "otra cosa",
    "le ayuda",
    "alguna otra",
];

/// What a customer's turn says about how things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attitude {
    /// It is settled.
    Confirms,
    /// Thanks or good-bye, and nothing else.
    Thanks,
    /// It is not settled.
    Denies,
    /// Anything else: a question, a fact, a greeting.
    Open,
}

/// What a customer's `text` says about how things stand. Who asks has not closed anything.
pub fn attitude(text: &str) -> Attitude {
    let plain = plain(text);
    if any(&plain, &DENIALS) {
        return Attitude::Denies;
    }
    let words = plain.split_whitespace().count();
    if text.contains(['?', '¿', '？']) {
        return Attitude::Open;
    }
    let confirms = words <= MOST_CONFIRMATION && any(&plain, &CONFIRMATIONS);
    match (confirms, any(&plain, &NEGATIONS)) {
        (true, true) => Attitude::Denies,
        (true, false) => Attitude::Confirms,
        (false, _) if words <= MOST_THANKS && is_thanks(&plain) => Attitude::Thanks,
        (false, _) => Attitude::Open,
    }
}

/// Whether thanks are all that `plain` says: "please cancel it, thanks" asks, and "thanks in advance"
/// thanks for what is not there yet.
fn is_thanks(plain: &str) -> bool {
    if !any(plain, &THANKS) {
        return false;
    }
    let mut rest = plain.to_owned();
    for phrase in THANKS {
        rest = rest.replace(&format!(" {phrase} "), "  ");
    }
    let is_in = |list: &str, word: &str| list.contains(&format!(" {word} "));
    let beside = rest
        .split_whitespace()
        .filter(|word| !is_in(COURTEOUS, word));
    let asks = |word: &str| is_in(REQUESTS, word) || word.contains(|c: char| c.is_ascii_digit());
    let (mut count, mut asked) = (0, false);
    for word in beside {
        count += 1;
        asked |= asks(word);
    }
    // Whoever begins with thanks may go on with a name.
    let first = THANKS.iter().any(|phrase| plain[1..].starts_with(phrase));
    !asked && count <= if first { MOST_BESIDE } else { 0 }
}

/// Whether an answer says no more than that there is none.
pub fn admits_ignorance(answer: &str) -> bool {
    let plain = plain(answer);
    plain.split_whitespace().count() <= MOST_ADMISSION && any(&plain, &ADMISSIONS)
}

/// Whether an answer ends by asking the customer for something that it needs. "Anything else?"
/// needs no answer.
pub fn asks_back(answer: &str) -> bool {
    let Some(question) = answer.trim_end().strip_suffix(['?', '？']) else {
        return false;
    };
    let last = question.rsplit(['.', '!', '?', '\n']).next();
    !any(&plain(last.unwrap_or(question)), &COURTESIES)
}

/// The words in lower case, one blank apart and around, without apostrophes and punctuation.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push(' ');
    for c in text.chars() {
        match c {
            '\'' | '’' | '‘' | '`' => {}
            c if c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ if plain.ends_with(' ') => {}
            _ => plain.push(' '),
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

/// Whether one of `phrases` stands in `plain` as whole words.
fn any(plain: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        plain.match_indices(phrase).any(|(at, _)| {
            plain[..at].ends_with(' ') && plain[at + phrase.len()..].starts_with(' ')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_words_are_told_from_open_ones() {
        for text in [
            "It works now!",
            "Das war's, perfekt",
            "That's all, thank you",
            "ça marche",
        ] {
            assert_eq!(attitude(text), Attitude::Confirms, "{text}");
        }
        for text in [
            "Thanks!",
            "ok danke",
            "Merci beaucoup",
            "no, gracias",
            "Thanks Anna!",
            "Okay great, thank you so much for your help. Bye!",
        ] {
            assert_eq!(attitude(text), Attitude::Thanks, "{text}");
        }
        for text in [
            "It doesn't work",
            "Thanks, but that did not help",
            "das funktioniert immer noch nicht",
            "no funciona",
            "It never worked. Not solved.",
            "that is not perfect",
        ] {
            assert_eq!(attitude(text), Attitude::Denies, "{text}");
        }
        for text in [
            "Thanks. And how long does it take?",
            "Where is my order 48213?",
            "",
            "Thank you for taking my order last week, it was the one with the blue scarf",
            "Please cancel my order 48213, thanks",
            "cancel it, thanks",
            "Thanks, please cancel it",
            "thanks in advance",
            "Vielen Dank im Voraus",
            "merci d'avance",
        ] {
            assert_eq!(attitude(text), Attitude::Open, "{text}");
        }
    }

    #[test]
    fn an_answer_that_answers_nothing_is_seen() {
        assert!(admits_ignorance("I'm sorry, I don't know that."));
        assert!(admits_ignorance("Das weiß ich leider nicht."));
        assert!(!admits_ignorance("You have 30 days to return it."));
    }

    #[test]
    fn a_courtesy_is_no_question_back() {
        assert!(asks_back("Sure. What is your order number?"));
        assert!(!asks_back("You have 30 days. Is there anything else?"));
        assert!(!asks_back("Ich helfe gern. Sonst noch Fragen?"));
        assert!(!asks_back("You have 30 days."));
        assert!(asks_back("番号は？"));
    }
}
