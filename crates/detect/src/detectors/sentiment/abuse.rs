//! What shows abuse of whoever answers: features of the words, by hand, for a trained head.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::{built_in, unwrapped, words};

/// How many features [`features`] gives.
pub(super) const FEATURES: usize = 16;

/// Words of one text that are counted.
const MAX_WORDS: usize = 400;

/// Kinds of words that abuse is made of; none of them is abuse on its own.
const LISTS: [&str; 4] = [
    // Swearing and slurs.
    "fuck fucking fucked fucker fuckers fuk fck fuckin motherfucker motherfucking shit shitty shite bullshit crap asshole assholes arsehole ass arse bastard bastards bitch bitches bitchy cunt cunts twat dick dickhead dickheads prick pricks cock cocks cocksucker wank wanker wankers tosser bollocks pussy slut sluts slutty whore whores hoe skank slag hooker faggot faggots fag fags dyke tranny homo queer nigger niggers nigga niggas paki chink spic kike retard retarded retards spastic wtf stfu gtfo screw douche douchebag scum scumbag turd piss pissed bugger bloody damn dammit goddamn hell jackass dumbass dipshit tit butt butthole butthead poop fart",
    // Sexual words.
    "sex sexy sexual sexually horny horney porn porno nude naked nudes boob boobs breasts tits titties nipple nipples penis vagina clit cum cumming orgasm erection erect hard masturbate masturbating blowjob anal anus suck sucking lick licking bra panties underwear strip undress virgin wet bed kiss fondle spank rape raped hump condom cyber kinky fetish hot shag bang intercourse threesome balls throbbing pubes",
    // Insults.
    "stupid idiot idiots idiotic moron morons moronic dumb dumbass imbecile fool foolish loser losers useless worthless pathetic pig cow ugly fat freak creep creepy weirdo ignorant liar lier annoying boring gay lesbian lame sucks suck suk crazy insane nuts mental brainless clueless incompetent garbage trash rubbish nerd dork jerk hobo disgusting dumby dummy bot machine robot computer",
    // Violence and hatred.
    "kill die dead murder stab shoot punch slap smash destroy hang strangle burn choke hate hates beat microwave gun",
];

/// Of each of these words the lists that it stands in.
static KINDS: LazyLock<HashMap<&str, Vec<usize>>> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, Vec<usize>> = HashMap::new();
    for (kind, list) in LISTS.into_iter().enumerate() {
        for word in list.split(' ') {
            let known = kinds.entry(word).or_default();
            if !known.contains(&kind) {
                known.push(kind);
            }
        }
    }
    kinds
});

static PATTERNS: LazyLock<[Regex; 5]> = LazyLock::new(|| {
    [
        // Speaks to somebody.
        r"\b(?:you|u|ur|your|you're|youre|yourself|bot|ya)\b",
        // Turns of phrase that send somebody away, or worse.
        r"\b(?:shut up|shut it|shut ur|go away|get lost|piss off|screw you|fuck (?:you|off|u)|f you|f u|f off|hang up|drop dead|go to hell|bite me|kiss my|suck my|suck it|blow me|up yours|eat (?:shit|me)|lick my|your (?:mom|mum|mother|mama|momma))\b",
        // "You are a complete moron".
        r"\b(?:you|u|ur|you're|youre)(?: are| r|'re)?(?: \w+){0,3} (?:stupid|idiot|dumb|moron|useless|worthless|pathetic|ugly|fat|gay|retarded?|liar|annoying|boring|lame|pig|cow|bitch|whore|slut|ass|asshole|crap|shit|suck|sucks|fool|loser|freak|crazy|insane|ignorant|bad|rubbish)\b",
        // "I want to slap you".
        r"\b(?:i|i'm|im|i'll|wanna|want to|gonna|would) (?:\w+ ){0,4}(?:fuck|kill|rape|lick|shag|bang|screw|touch|spank|sleep with|have sex|make love|punch|slap|murder|hurt|shoot|stab) (?:with )?(?:you|u|your)\b",
        // Dislike, plainly.
        r"\bi hate (?:you|u)\b|\bi (?:do not|don't|dont) like (?:you|u)\b",
    ]
    .map(built_in)
});

/// People of one's own, and what nobody can help, of which a customer may speak ill without meaning
/// us.
static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
    built_in(
        r"\b(?:my|our) (?:\w+ ){0,2}(?:boss|bosses|manager|supervisor|colleagues?|coworkers?|teacher|professor|neighbou?rs?|landlords?|landlady|flatmates?|roommates?|ex|husband|wife|partner|boyfriend|girlfriend|father|mother|dad|mum|mom|brothers?|sisters?|sons?|daughters?|kids?|children|uncle|aunt|cousins?|friends?|family|dog|cat|bank|insurer|provider|supplier)\b|\b(?:weather|storms?|thunder|lightning|rain|snow|hail|ice|frost|fog|wind|heat|flood|earthquake|winter|traffic|roadworks|government|politicians?|parliament|elections?|mosquitoe?s?|wasps?|ants|rats|mice|pigeons?|flu|virus|hangover|headache|toothache)\b",
    )
});

/// Whether whatever a folded text says ill is said of somebody of the customer's own, or of what
/// nobody can help: "my boss is an idiot", "this damn snow", and not "my boss says you are an idiot".
pub(super) fn is_about_others(text: &str) -> bool {
    let ill = |clause: &&str| {
        let mut words = words(clause).take(MAX_WORDS);
        words.any(|word| {
            let mut kinds = KINDS.get(word.text).into_iter().flatten();
            kinds.any(|kind| matches!(kind, 0 | 2 | 3))
        })
    };
    let mut clauses = text
        .split(['.', ',', ';', '!', '?', '\n'])
        .filter(ill)
        .peekable();
    let [to_somebody, ..] = &*PATTERNS;
    clauses.peek().is_some()
        && clauses.all(|clause| OTHERS.is_match(clause) && !to_somebody.is_match(clause))
}

/// The features of a folded text: words of each kind up to two, patterns, kinds of words said to
/// somebody, kinds that are nearly all of the text, and its length.
pub(super) fn features(text: &str) -> [f32; FEATURES] {
    let text = shortened(&unwrapped(text));
    let mut counts = [0_u8; LISTS.len()];
    let mut length = 0_u8;
    for word in words(&text).take(MAX_WORDS) {
        length = length.saturating_add(1);
        for kind in KINDS.get(word.text).into_iter().flatten() {
            counts[*kind] = (counts[*kind] + 1).min(2);
        }
    }
    let [swearing, sexual, insult, violence] = counts.map(f32::from);
    let [to_you, sent_away, you_are, i_will, dislike] = PATTERNS
        .each_ref()
        .map(|pattern| f32::from(u8::from(pattern.is_match(&text))));
    let some = |count: f32| count.min(1.0);
    let alone = f32::from(u8::from(length <= 2));
    [
        swearing,
        sexual,
        insult,
        violence,
        to_you,
        sent_away,
        you_are,
        i_will,
        dislike,
        some(swearing) * to_you,
        some(sexual) * to_you,
        some(insult) * to_you,
        some(violence) * to_you,
        some(swearing + sexual) * alone,
        some(insult) * alone,
        f32::from(length.min(30)) / 30.0,
    ]
}

/// `text` with every letter that stands more than twice in a row once: "fuuuuck", "sooooo".
fn shortened(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut run = 1;
        while rest.next_if_eq(&c).is_some() {
            run += 1;
        }
        short.push(c);
        if run == 2 {
            short.push(c);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_patterns_and_whom_they_are_for_are_told_apart() {
        let at_you = features("you are so stupid");
        assert_eq!(
            (at_you[2], at_you[4], at_you[6], at_you[11]),
            (1.0, 1.0, 1.0, 1.0)
        );
        let at_the_world = features("this stupid snow");
        assert_eq!(
            (at_the_world[2], at_the_world[4], at_the_world[11]),
            (1.0, 0.0, 0.0)
        );
        assert_eq!(features("fuuuuck")[0], 1.0);
        assert_eq!(features("shut\nup"), features("shut up"));
        assert_eq!(features("")[..15], [0.0; 15]);
    }

    #[test]
    fn what_is_said_of_others_is_told_from_what_is_said_to_us() {
        for text in [
            "my boss is an idiot and i need the report by noon, can you restore it?",
            "our neighbours are morons. do you deliver to a shop?",
            "the damn storm broke my tent pole. do you sell poles?",
            "these bloody mosquitoes! which net do you recommend?",
        ] {
            assert!(is_about_others(text), "{text}");
        }
        for text in [
            "you are an idiot",
            "my boss says you are idiots",
            "my boss is an idiot, and you are useless too",
            "your courier is a moron",
            "your damn tent did not survive the storm",
            "idiots!",
            "my boss wants the report by noon",
        ] {
            assert!(!is_about_others(text), "{text}");
        }
    }

    #[test]
    fn hostile_text_gives_bounded_features() {
        for text in ["fuck ".repeat(20_000), "a".repeat(100_000)] {
            assert!(
                features(&text)
                    .iter()
                    .all(|feature| (0.0..=2.0).contains(feature))
            );
        }
    }
}
