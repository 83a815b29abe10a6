//! The words and phrases themselves, with their weights.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::built_in;

use super::Part;

/// Words that strengthen the one after them.
pub(super) const INTENSIFIERS: &str = "very so extremely absolutely totally completely utterly really deeply \
                            incredibly fucking bloody damn truly such most highly";

/// Single words.
pub(super) static WEIGHTS: LazyLock<HashMap<&str, (Part, f32)>> = LazyLock::new(|| {
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

/// Turns of phrase.
pub(super) static PHRASES: LazyLock<Vec<(Part, f32, Regex)>> = LazyLock::new(|| {
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
            Profanity,
            0.6,
            r"\bare you (?:all |just |really |completely |that |this |some kind of )?(?:an? )?(?:stupid|dumb|deaf|blind|thick|dense|insane|braindead|brain dead|idiots?|morons?|imbeciles?|illiterate)\b|\bcan you (?:people |guys )?(?:even |not |actually )*read\?",
        ),
        (
            Exhaustion,
            0.2,
            r"\bi (?:said|told you|asked for|specifically (?:said|asked)|clearly (?:said|asked))\b",
        ),
        (
            PoliteRage,
            0.6,
            r"\b(?:extremely|deeply|bitterly|profoundly|most|utterly|thoroughly|severely|gravely|highly) (?:disappointed|dissatisfied|displeased|unhappy|dismayed|discontented|unsatisfied)\b",
        ),
        (
            PoliteRage,
            0.55,
            r"\bi (?:now |hereby |shall |will |therefore )?(?:expect|require|request|demand|await|insist on) (?:a|an|your|to receive an?) (?:\w+,? ){0,2}(?:written|formal|full|prompt|immediate|proper|detailed|substantive|satisfactory)(?: and \w+)? (?:\w+ ){0,2}(?:response|reply|explanation|answer|apology|statement|account)\b|\b(?:this|it) (?:is|will be) (?:my|our) (?:third and )?(?:final|last) (?:\w+ )?(?:attempt|message|e-?mail|letter|communication|correspondence|reminder|notice|warning|request)\b|\b(?:my|our|one) (?:final|last) attempt (?:to|at)\b",
        ),
        (
            PoliteRage,
            0.55,
            r"\b(?:i|we)(?:'ll| will| shall| intend to| am prepared to| am going to| am forced to)(?: have to| be)? (?:tak(?:e|ing)|pursu(?:e|ing)|rais(?:e|ing)|escalat(?:e|ing)) (?:this|the|my|it|things?)(?: \w+)? (?:further|elsewhere|higher|formally|externally|with (?:the|your) \w+)\b|\b(?:formal|official) complaint\b|\b(?:no|little) (?:other )?(?:choice|option|alternative) but to\b|\b(?:ombudsman|trading standards|consumer protection)\b",
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
        .map(|(part, weight, pattern)| (*part, *weight, built_in(pattern)))
        .collect()
});
