//! The wording of upset customers, by hand: words with weights, and turns of phrase.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::{Word, is_among, words};

/// What a wording shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// Swearing or insults.
    Profanity,
    /// Plain words of anger or disappointment.
    Anger,
    /// Formal wording of a seriously upset customer.
    PoliteRage,
    /// "No, no, not that": denial upon denial.
    RepeatedNegation,
    /// Says that it was said before, or that it takes too long.
    Exhaustion,
    /// Threatens to leave, or to tell others.
    Threat,
    /// Praise that is meant otherwise.
    Sarcasm,
    /// Capitals and exclamation marks.
    Shouting,
}

impl Part {
    /// What an operator reads.
    pub(super) fn why(self) -> &'static str {
        match self {
            Part::Profanity => "profanity or insult",
            Part::Anger => "words of anger or disappointment",
            Part::PoliteRage => "polite rage: formal wording of a seriously upset customer",
            Part::RepeatedNegation => "repeated negation",
            Part::Exhaustion => "says it over and over, or waits too long",
            Part::Threat => "threatens to leave or to tell others",
            Part::Sarcasm => "sarcasm",
            Part::Shouting => "shouting",
        }
    }
}

/// A wording found in a folded text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) part: Part,
    /// How strong it is, 0 to 1.
    pub(super) weight: f32,
    pub(super) at: Range<usize>,
}

/// Most words of one text that are looked at.
const MAX_WORDS: usize = 600;

/// Words before one that may negate or strengthen it.
const REACH: usize = 3;

/// The wordings in a folded text, with their weights after intensifiers and negation.
pub(super) fn hits(text: &str) -> Vec<Hit> {
    let words: Vec<Word<'_>> = words(text).take(MAX_WORDS).collect();
    let mut hits = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let Some((part, weight)) = WEIGHTS.get(word.text) else {
            continue;
        };
        let mut weight = *weight;
        // A comma or full stop cuts the reach: "no, terrible" does not deny that it is.
        let near = words[..i].iter().rev().take(REACH);
        let near =
            near.take_while(|w| !text[w.at.end..word.at.start].contains(['.', ',', '!', '?', ';']));
        let mut negated = false;
        for before in near {
            if is_among(before.text, INTENSIFIERS) {
                weight = (weight * 1.3).min(1.0);
            }
            negated |= is_negation(before.text) || matches!(before.text, "without" | "hardly");
        }
        if negated && *part != Part::Profanity {
            continue;
        }
        hits.push(Hit {
            part: *part,
            weight,
            at: word.at.clone(),
        });
    }
    for (part, weight, pattern) in PHRASES.iter() {
        hits.extend(pattern.find_iter(text).take(4).map(|found| Hit {
            part: *part,
            weight: *weight,
            at: found.range(),
        }));
    }
    hits.extend(repeated_negation(text, &words));
    hits
}

/// Whether a folded word denies.
pub(super) fn is_negation(word: &str) -> bool {
    matches!(
        word,
        "no" | "not"
            | "never"
            | "nothing"
            | "nobody"
            | "none"
            | "nowhere"
            | "neither"
            | "nor"
            | "cannot"
            | "nope"
            | "dont"
            | "doesnt"
            | "didnt"
            | "isnt"
            | "cant"
            | "wont"
    ) || word.ends_with("n't")
}

/// "No no no", or many denials close together.
fn repeated_negation(text: &str, words: &[Word<'_>]) -> Option<Hit> {
    let mut run = 0;
    for (i, word) in words.iter().enumerate() {
        run = if matches!(word.text, "no" | "nope" | "not" | "stop" | "wrong") {
            run + 1
        } else {
            0
        };
        if run == 2 && (i + 1 == words.len() || words[i].text == words[i - 1].text) {
            return Some(Hit {
                part: Part::RepeatedNegation,
                weight: 0.4,
                at: words[i - 1].at.start..word.at.end,
            });
        }
    }
    let denials: Vec<&Word<'_>> = words.iter().filter(|w| is_negation(w.text)).collect();
    let (first, last) = (denials.first()?, denials.last()?);
    let dense = denials.len() >= 3 && denials.len() * 8 >= words.len();
    dense.then(|| Hit {
        part: Part::RepeatedNegation,
        weight: 0.3,
        at: first.at.start..last.at.end.min(text.len()),
    })
}

/// Capitals and exclamation marks in the `original` text, which folding takes away.
pub(super) fn shouting(original: &str) -> Option<f32> {
    let letters = || original.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    let loud_words = words(original)
        .filter(|w| w.text.chars().count() >= 2 && w.text.chars().all(char::is_uppercase))
        .count();
    // Order numbers, product names and `ASAP` are in capitals too.
    let loud = loud_words >= 3 && capitals * 10 > letters().count() * 7;
    let marks = original.contains("!!!") || original.contains("?!") || original.contains("!?");
    match (loud, marks) {
        (true, true) => Some(0.5),
        (true, false) => Some(0.35),
        (false, true) => Some(0.25),
        (false, false) => None,
    }
}

const INTENSIFIERS: &str = "very so extremely absolutely totally completely utterly really deeply \
                            incredibly fucking bloody damn truly such most highly";

static WEIGHTS: LazyLock<HashMap<&str, (Part, f32)>> = LazyLock::new(|| {
    let lists = [
        (
            Part::Profanity,
            0.75,
            "fuck fucking fucked fucker fuckers bullshit shit shitty asshole assholes bastard bastards bitch cunt wanker wankers dickhead motherfucker arsehole twat moron morons idiot idiots imbecile imbeciles retard retarded wtf stfu",
        ),
        (
            Part::Profanity,
            0.35,
            "crap crappy damn dammit goddamn bloody hell ass stupid dumb screwed pissed suck sucks arse bollocks",
        ),
        (
            Part::Anger,
            0.7,
            "outrageous outraged furious disgusting disgusted disgrace disgraceful pathetic appalled appalling infuriating infuriated enraged shameful unforgivable despicable scammers liars crooks",
        ),
        (
            Part::Anger,
            0.55,
            "unacceptable ridiculous useless incompetent incompetence worst horrible horrendous terrible awful atrocious rubbish garbage scam fraudsters liar lied lying cheated ripoff joke insulting nonsense clueless livid",
        ),
        (
            Part::Anger,
            0.4,
            "angry disappointed disappointing disappointment frustrated frustrating frustration annoyed annoying unbelievable unprofessional unreliable worthless upset upsetting mad hate absurd careless rude ignored excuses nightmare fed-up hopeless",
        ),
        (
            Part::Anger,
            0.2,
            "seriously finally poor bad unhappy dissatisfied sick wasted waste tired lousy",
        ),
    ];
    let entries = lists.into_iter().flat_map(|(part, weight, list)| {
        list.split_whitespace()
            .map(move |word| (word, (part, weight)))
    });
    entries.collect()
});

static PHRASES: LazyLock<Vec<(Part, f32, Regex)>> = LazyLock::new(|| {
    use Part::{Anger, Exhaustion, PoliteRage, Profanity, Sarcasm, Threat};
    let phrases: &[(Part, f32, &str)] = &[
        (
            Anger,
            0.5,
            r"\bfed up\b|\bhad enough\b|\bsick (?:and tired )?of\b|\btired of (?:this|your|you|being|waiting|asking|repeating)\b|\bwaste of (?:my |everyone's |our )?time\b|\bwasting (?:my|our)\b|\bwhat is wrong with you\b|\bdo your job\b|\bhow hard (?:can|is) it\b",
        ),
        (
            Anger,
            0.45,
            r"\b(?:don't|do not|doesn't|does not|nobody|no one) (?:even )?(?:seems? to )?(?:care|cares|bother|bothers|listen|listens|read what)\b|\bare you (?:kidding|serious|joking|even (?:reading|listening))|\bshame on you\b|\bashamed of yourselves\b|\byou (?:people|guys) (?:are|keep|never|can't|don't)\b|\bdriving me (?:crazy|insane|mad|nuts)\b.{0,20}\byou|\b(?:your|you|this) .{0,30}\bdriving me (?:crazy|insane|mad|nuts)\b",
        ),
        (
            Anger,
            0.35,
            r"\bstill (?:nothing|no (?:answer|reply|refund|response|parcel|word|solution))\b|\bhow many (?:more )?times\b|\bwhat part of\b|\bwhy (?:on earth|the hell|the heck)\b|\bfor (?:god|heaven|christ|goodness)(?:'s)? sake\b|\bfor the love of\b|\bgoing nowhere\b|\bstraight answer\b|\bhere we go again\b|\bunable to answer\b",
        ),
        (
            Profanity,
            0.75,
            r"\b(?:screw|damn|f\*+k?|f\*+ing|eff) (?:you|this|your)\b|\bgo to hell\b|\bpiece of (?:crap|shit|junk|garbage)\b|\bf\*+(?:ing|ed|k)?\b|\bsh\*+t?\b",
        ),
        (
            PoliteRage,
            0.6,
            r"\bwith all due respect\b|\bi (?:must|have to|am bound to|feel obliged to) (?:say|admit|confess|point out)\b.{0,60}\b(?:disappoint|surpris|remarkable|astonish|dissatisf|displeas|appal|unaccept|poor|inadequate)|\bi (?:find|consider) (?:it|this|that|your \w+(?: \w+)?) (?:\w+ )?(?:unacceptable|remarkable|astonishing|extraordinary|hard to believe|inadequate|insulting|baffling|incomprehensible|regrettable|difficult to understand)\b|\b(?:wholly|entirely|simply|frankly|quite) (?:unacceptable|inadequate|unsatisfactory|astonishing|extraordinary|unreasonable)\b",
        ),
        (
            PoliteRage,
            0.55,
            r"\b(?:kindly|please) (?:explain|tell me|enlighten me)(?: to me)? (?:why|how (?:this|it)|what (?:else|more)|when (?:exactly|precisely))\b|\bmay i remind you\b|\bi (?:should|would) (?:like to )?remind you\b|\bif i may say so\b|\bdo me the (?:courtesy|favou?r)\b|\bhave the (?:courtesy|decency)\b|\bi trust (?:that )?(?:you|this)\b|\bi (?:had|would have|'d have) (?:rather )?(?:hoped|expected|thought)\b|\bi (?:expected|expect) (?:rather |somewhat |much )?(?:better|more)\b|\ba company of (?:your|this|such)\b|\bto put it mildly\b|\bto say the least\b",
        ),
        (
            PoliteRage,
            0.5,
            r"\bneedless to say\b|\bit is (?:frankly |truly |most )?(?:astonishing|regrettable|remarkable|a shame|beyond me)\b|\bis it (?:really )?too much to ask\b|\b(?:appreciate it if|appreciated if|grateful if) (?:you|somebody|someone|anybody) (?:could|would|can) (?:finally|at last|actually|for once)\b|\bfinally take (?:this|my|it)\b|\bpatience (?:is|has|was) (?:now )?(?:wearing|running|run|exhausted|limited|at an end|worn)\b|\bi regret (?:to|having|that)\b|\bmy (?:deepest|profound|utmost|great|strong) (?:disappointment|dissatisfaction|displeasure)\b|\bi do not appreciate\b|\bi (?:don't|do not|fail to) (?:quite )?(?:see|understand) (?:why|how) (?:this|it|a simple|such)\b",
        ),
        (
            PoliteRage,
            0.4,
            r"\bas (?:i|we) (?:have )?(?:already |repeatedly |previously |clearly |just )+(?:said|stated|explained|mentioned|told|written|described)\b|\b(?:loyal|long-?standing|faithful) customer\b|\bcustomer (?:for|since) (?:\w+ ){1,3}(?:years|decade)\b|\bnever been treated\b|\btreated (?:this way|like this|so poorly)\b|\bnever (?:in my life|experienced|seen|had) (?:such|so|anything)\b",
        ),
        (
            Exhaustion,
            0.4,
            r"\b(?:second|third|fourth|fifth|sixth|tenth|hundredth|umpteenth|\d+(?:nd|rd|th)) (?:time|message|email|attempt|call)\b.{0,40}\b(?:i|we|same|ask|contact|writ|call|explain)|\b(?:asked|told|said|explained|written|called|contacted|repeated|repeating)(?: \w+){0,3} (?:(?:\d+|three|four|five|six|ten|several|many|countless|so many|multiple) times|over and over|again and again|repeatedly)\b|\bover and over\b|\bkeep(?:s)? (?:asking|telling|sending|saying|repeating|apologi[sz]ing|ignoring|giving me)\b",
        ),
        (
            Exhaustion,
            0.35,
            r"\bi(?:'ve| have)? already (?:told|said|gave|given|explained|answered|sent|provided|asked)\b|\balready told you\b|\btold you already\b|\b(?:that's|that is|this is) not what i (?:asked|meant|said|want|wanted)\b|\b(?:not|aren't|n't) (?:answering|answered|answer|addressing|addressed|address) (?:my|the) (?:question|questions|points?)\b|\bsame (?:answer|reply|question|message|thing) (?:again|over|every|as before)\b|\bsame useless\b",
        ),
        (
            Exhaustion,
            0.3,
            r"\b(?:waiting|waited|been) (?:for )?(?:(?:over|more than|almost|nearly|about) )?(?:\d+|two|three|four|five|six|seven|eight|ten|several|many) (?:weeks|months)\b|\bstill (?:waiting|have not|haven't|hasn't|has not|not)\b.{0,40}\b(?:promised|weeks|months|answer|reply|heard|response|called)\b|\bpromised\b.{0,40}\b(?:never|nobody|nothing|no one|not|didn't)\b|\b(?:nobody|no one) (?:has |ever |even )*(?:answers?|answered|replied|replies|called|calls|responded|showed|came|helps?|helped)\b",
        ),
        (
            Threat,
            0.45,
            r"\bnever (?:ever )?(?:buy|order|shop|use|book|come back|do business|recommend|again)\b|\b(?:take|taking) (?:my|our) (?:business|money|custom) elsewhere\b|\b(?:one|1)[ -]star\b|\b(?:terrible|bad|negative) reviews?\b|\b(?:cancel|cancelling|close|closing) (?:my|our) (?:account|contract|subscription|membership)\b.{0,40}\b(?:because|unless|if|enough|of this|of you)\b|\breport(?:ing)? you\b|\bsee you in court\b|\bmy lawyer\b|\bgoing to (?:sue|the press|court)\b",
        ),
        (
            Sarcasm,
            0.5,
            r"\bthanks? (?:you )?for (?:nothing|wasting|ruining|ignoring|not)\b|\b(?:oh|ah|wow)[ ,]+(?:great|wonderful|brilliant|fantastic|perfect|lovely)\b|\b(?:great|nice|well|good) (?:job|work|done)\b.{0,20}\b(?:losing|breaking|ruining|ignoring|not)\b|\b(?:great|wonderful|brilliant|fantastic|lovely)[ ,]+another\b|\boutdid yourselves\b|\bthanks to you\b.{0,40}\b(?:no|not|lost|missed|ruined|late)\b",
        ),
    ];
    phrases
        .iter()
        .map(|(part, weight, pattern)| {
            let pattern =
                Regex::new(pattern).expect("the built-in patterns are regular expressions");
            (*part, *weight, pattern)
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        let mut parts: Vec<Part> = hits(&text.to_lowercase())
            .iter()
            .map(|hit| hit.part)
            .collect();
        parts.sort();
        parts.dedup();
        parts
    }

    #[test]
    fn each_part_knows_its_wording() {
        for (part, text) in [
            (Part::Profanity, "this is bullshit"),
            (Part::Anger, "your service is ridiculous"),
            (
                Part::PoliteRage,
                "With all due respect, your reply helps nobody.",
            ),
            (Part::PoliteRage, "Kindly explain to me why I should stay."),
            (Part::RepeatedNegation, "no no no"),
            (Part::Exhaustion, "I already told you the number"),
            (Part::Threat, "I will never buy here"),
            (Part::Sarcasm, "Thanks for nothing."),
        ] {
            assert!(parts(text).contains(&part), "{text}: {:?}", parts(text));
        }
    }

    #[test]
    fn negation_and_strength_count() {
        let weight = |text: &str| hits(text).iter().map(|hit| hit.weight).fold(0.0, f32::max);
        assert!(weight("i am extremely disappointed") > weight("i am disappointed"));
        assert_eq!(weight("i am not angry at all"), 0.0);
        assert!(weight("no, this is terrible") > 0.5);
    }

    #[test]
    fn plain_turns_show_nothing() {
        for text in [
            "no",
            "no thanks",
            "it does not work",
            "cancel my order",
            "Where is my refund?",
            "I would be grateful if you could send me the invoice once more.",
            "the parcel is not there yet",
            "ok thanks, that is great",
        ] {
            assert_eq!(parts(text), [], "{text}");
        }
    }

    #[test]
    fn capitals_shout_and_references_do_not() {
        assert!(shouting("WHERE IS MY MONEY").is_some());
        assert!(shouting("what?!").is_some());
        for text in [
            "Order AB-1234 for the USB HUB",
            "OK",
            "PDF please, ASAP",
            "Thanks!",
        ] {
            assert_eq!(shouting(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_read_up_to_a_bound() {
        assert!(hits(&"fuck ".repeat(20_000)).len() <= MAX_WORDS + 64);
        assert!(hits(&"no ".repeat(20_000)).len() <= 64);
    }
}
