//! "A human, please": recognised by built-in English patterns, so that no configuration forgets it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::{built_in, unwrapped};

/// The intent that such a request is reported as.
pub const HUMAN_REQUEST: &str = "human_request";

/// Who is asked for.
const SOMEBODY: &str = r"(?:humans?|hunan|hyman|huma|persons?|people|human being|someone|somone|someody|somebody|anyone|anybody|agents?|aent|agnet|representatives?|reps?|operators?|assistants?|advis[eo]rs?|colleagues?|employees?|staff|member of staff|staff member|team member|member of (?:the|your) team|supervisors?|managers?|customer (?:service|care|support)|(?:your|the) (?:support|service|team|staff)|support (?:team|staff|agent|person)|live (?:chat|support|agent)|specialist|consultant)";

/// Who else can be spoken with, or put on: a part of the company, or somebody by their work.
const DESK: &str = r"(?:support|sales|billing|returns|complaints|management|boss|superior|technicians?|engineers?|experts?|(?:the|your|a|an) (?:\w+ ){1,2}(?:team|department|dept|desk)|(?:support|service|sales|returns|billing|technical|complaints|customer service|customer support) (?:team|department|dept|desk|guys?))";

/// Who is asked for where somebody else's person could be meant as well: only those who answer for
/// a company.
const ONE_OF_OURS: &str = r"(?:humans?|human being|(?:real|live|living|actual|human) (?:persons?|people)|(?:human |live )?(?:agents?|operators?|assistants?|representatives?|colleagues?|supervisors?|managers?)|customer (?:service|care|support)|(?:your|the) (?:support|team|staff)|support (?:team|staff|agent|person)|live (?:chat|support)|(?:someone|somebody|a person|anyone) (?:real|human|competent|in charge|who can|who knows|(?:from|at|in|on) your))";

/// What may stand before them.
const SUCH: &str = r"(?:(?:a|an|the|your|some|any|one of your|another|actual|real|real-life|live|life|living|human|proper|different|other|customer service|customer support|support|service|sales|returns|billing|technical|us|me|someone|from|free|available|goddamn|damn|damned|bloody|freaking|fucking|an?other|of)\s+){0,5}";

/// Moving a conversation.
const MOVE: &str = r"(?:connect|transfer|put|pass|hand|switch|redirect|forward|escalate)";

static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        // "talk to a human", "speaking with one of your colleagues", "speak to the billing team"
        format!(r"\b(?:talk|talking|speak|speaking|chat|chatting|talkin|speakin) (?:directly )?(?:to|with|wit|wiht|whit|w/?)\s+{SUCH}(?:{SOMEBODY}|{DESK})\b"),
        // "I want to spoke to an agent", but not "I spoke to someone yesterday"
        format!(r"\b(?:to|wanna|can i|could i|may i|let me) spoke (?:to|with) {SUCH}{SOMEBODY}\b"),
        // "help me contact someone", "how can I get in touch with a person"; not "contact person"
        format!(r"\b(?:contact|contacting|reach|reaching|(?:get|getting) (?:in (?:touch|contact) with|a ?hold of|hold of|through to)) {SUCH}(?:humans?|human being|(?:a|an|the|some|any|your|real|actual|live|living|human|another|different|other|damn|goddamn|bloody|freaking|fucking) (?:persons?|people)|someone|somebody|(?:human |live )?(?:agents?|operators?|assistants?|representatives?)|live (?:chat|support))\b"),
        // "how do I call an operator", "find a live agent": others are called and found as well
        format!(r"\b(?:call|calling|see|find|finding|use|using|get|getting) {SUCH}(?:humans?|human being|(?:real|live|living|actual|human) (?:persons?|people)|(?:human |live )?(?:agents?|operators?|assistants?|representatives?)|live (?:chat|support))\b"),
        // "get me someone", "get someone to help me"
        format!(r"\b(?:get|give|fetch) me {SUCH}(?:someone|somebody)\b|\bget (?:someone|somebody) (?:real |competent )?(?:to (?:help|assist|call|contact|talk to|answer) (?:me|us)|on the (?:phone|line))\b"),
        r"\b(?:assistance|help|support|answers?|service) (?:from|by|of) (?:a |an |some |real |live |human |actual |goddamn |fucking |bloody )*(?:humans?|persons?|people|somebody|someone|agents?|operators?|assistants?|representatives?)\b".to_owned(),
        r"\b(?:human|live|real) (?:agents?|operators?|assistants?|representatives?|assistance|contact|support)\b|\bpersonal (?:agents?|operators?|assistants?|representatives?|assistance|support)\b".to_owned(),
        // "get me a person", "give me an agent", "I need a human", "I want a real person"
        format!(r"\b(?:get|give|find|send|call|fetch|gimme) (?:me )?{SUCH}(?:human|person|human being|agent|representative|rep|operator|supervisor|manager|somebody real|someone real)\b"),
        format!(r"\b{WANT} (?:to have )?{SUCH}(?:humans?|human being|(?:real|live|living|actual|human|proper) persons?|(?:live|real|human|support|customer service) (?:agent|representative|operator|rep)|representative|operator)\b"),
        // "I want a person to talk to", but not "I need another person on my plan"
        format!(r"\b{WANT} (?:to have )?{SUCH}persons?(?:,? (?:please|pls|plz|now|asap|here|instead|not|who|that|to (?:talk|speak|chat|help|assist|call|answer|solve|explain|handle|take over|contact|reach))\b|\s*(?:[.!?,;\n]|$))"),
        r"\b(?:need|want|transfer to me|transfer me to) (?:to have )?(?:a|an) (?:(?:human|live|real|actual|proper|support|service|customer|sales|billing|returns|different|new|other|better|competent|free|available|personal|virtual|online|damn|bloody|fucking) )?(?:agent|operator|assistant)\b".to_owned(),
        // "connect me to a colleague", "put me through to your billing department"
        format!(r"\b{MOVE} (?:me|us|my (?:call|chat|case)|(?:this|the) (?:chat|call|conversation|case|ticket|issue|matter)) (?:over |through |on |back )?(?:to|with) {SUCH}(?:{SOMEBODY}|{DESK}|him|her|them)\b"),
        // "hand this over to a human", but not "transfer it to my account"
        format!(r"\b{MOVE} (?:this|it) (?:over |through |on |up |back )?(?:to|with) {SUCH}{ONE_OF_OURS}\b"),
        format!(r"\b(?:transfer|connect|direct|redirect) to me {SUCH}{SOMEBODY}\b"),
        r"\b(?:transfer|connect) me(?: (?:to|with))?(?: (?:please|pls|plz|now|over|through|asap|already|immediately)\b|\s*(?:[.!?,;\n]|$))|\bput me through\b|\b(?:put|get) me on the (?:phone|line) (?:to|with)\b|\bescalate (?:this|me|it|(?:the|my) (?:case|issue|ticket|matter|complaint|problem))\b".to_owned(),
        // "human please", "agent!", "real person now": nothing else in the sentence
        r"(?:^|[.!?,;:\n])\s*(?:(?:a|an|the|i said|just|only|stop|enough|please|pls|live|living|real|actual|ok|no)[ ,]+){0,4}(?:human|person|agent|representative|rep|operator|human being|live agent|live person|customer service|customer support)(?:[ ,]+(?:please|pls|plz|now|asap|thanks|immediately|right now|being|only|help|support|agent))*\s*(?:[.!?,;\n]|$)".to_owned(),
        // "is there a human there", "can a colleague call me"
        r"\b(?:someone|somebody|a person|people) (?:who |that )?(?:i can|to) (?:talk|speak|chat) (?:to|with)\b|\bis (?:there )?(?:any ?body|any ?one|a (?:real )?(?:human|person)) (?:real |human |actually |else )?(?:there|here|available|i can|who can)\b".to_owned(),
        format!(r"\b(?:can|could|would|may|have|let) {SUCH}{SOMEBODY} (?:from \S+(?: \S+)? )?(?:please )?(?:call|ring|phone|contact|take over|help|assist|look (?:at|into)|review|handle)\b"),
        // "will someone please call me", but not "will someone call before the delivery"
        format!(r"\bwill {SUCH}{SOMEBODY} (?:from \S+(?: \S+)? )?(?:please (?:call|ring|phone|contact|take over|help|assist|look (?:at|into)|review|handle)|take over|help|assist)\b"),
        // "stop the bot", "not a bot", "no more machine"
        r"\b(?:do not|don't|dont) want (?:to (?:talk|speak|chat|deal) (?:to|with) )?(?:a |this |the |your |an )?(?:chat ?)?(?:bots?|machines?|robots?|ai|computers?)\b".to_owned(),
        r"\b(?:enough|sick|tired) (?:of|with) (?:the |this |your |these )?(?:chat ?)?(?:bots?|machine|robots?|ai)\b|\bno more bots?\b".to_owned(),
    ];
    built_in(&patterns.join("|"))
});

/// Wishing for somebody. Whoever sounds "like a human" wishes for nothing.
const WANT: &str = r"(?:need|want|(?:i|we|would|i'd|we'd|you'd) like|prefer|require|demand|request|requesting|have|expect)";

/// What, right before a request in the same clause, turns it into its opposite or into a report. A
/// negation of something else does not: "this is not working connect me to a human".
static NOT_ONE: LazyLock<Regex> = LazyLock::new(|| {
    const NOT: &str =
        r"(?:do not|don't|dont|did not|didn't|didnt|does not|doesn't|never|not|no longer)";
    const ADVERB: &str =
        r"(?:really|even|actually|just|ever|yet|necessarily|think (?:i|we)|believe (?:i|we))";
    const LINK: &str =
        r"(?:to|for|(?:for )?(?:you|me|us|him|her|them|anyone|anybody|it) to|any|a|an|with)";
    let patterns = [
        // "I don't want to", "you do not have to", "I don't have time to"
        format!(r"\b{NOT}(?: {ADVERB}){{0,2}} (?:want|wanted|need|needed|wish|require|ask|asked|asking|like|care to|intend|plan|have|have (?:the )?time|mean|prefer|going|trying|looking)(?: {LINK})*\s*$"),
        // "no need to", "I'd rather not", "without having to"
        format!(r"\b(?:no (?:need|reason|wish|desire|intention|time)|needn't|need not|without|instead of|rather than|avoid|rather not)(?: (?:of|my|be|being|have|having|even|ever|first|again|{LINK}))*\s*$"),
        // "please don't", "I would prefer not to"
        format!(r"\b{NOT}(?: {ADVERB})*(?: to)?\s*$"),
        // "I was talking to", "yesterday I had to", "after having": told, not asked
        r"\b(?:was|were|been|had|(?:i|we|was|were|been|have|has) already|after|when i|while|yesterday i)(?: just| to)?\s*$".to_owned(),
    ];
    built_in(&patterns.join("|"))
});

/// What before a negation makes it a request all the same: "why don't you connect me".
static ASKED_ALL_THE_SAME: LazyLock<Regex> = LazyLock::new(|| {
    built_in(
        r"\b(?:why|if not|can't|cannot|can not|cant|couldn't|could not|won't|(?:are|can|could|will|would) you not|if (?:you|i) (?:do not|don't|dont|can't|cannot))\b[^.,;!?]{0,40}$",
    )
});

/// Where the folded `text` asks for a human, if it does. A line break may end a sentence or stand in
/// the middle of one; it is read both ways.
pub(super) fn request(text: &str) -> Option<Range<usize>> {
    let asked = |text: &str| {
        REQUEST
            .find_iter(text)
            .map(|found| trimmed(text, found.range()))
            .find(|range| !is_declined(text, range))
    };
    asked(text).or_else(|| match unwrapped(text) {
        Cow::Owned(text) => asked(&text),
        Cow::Borrowed(_) => None,
    })
}

/// Whether the folded `text` speaks of asking for a human only to decline or report it.
pub(super) fn only_declined(text: &str) -> bool {
    REQUEST.is_match(&unwrapped(text)) && request(text).is_none()
}

/// Whether the words at `range` of the folded `text`, that look like a request for a human, are
/// declined or merely reported in their clause: "I don't want to talk to a human".
pub(super) fn is_declined(text: &str, range: &Range<usize>) -> bool {
    let clause = clause_before(&text[..range.start]);
    NOT_ONE.is_match(clause) && !ASKED_ALL_THE_SAME.is_match(clause)
}

/// The end of `text` that belongs to the clause of what follows; bounded, whatever the text.
fn clause_before(text: &str) -> &str {
    let near = &text[text.ceil_char_boundary(text.len().saturating_sub(80))..];
    let stop = near.rfind(['.', ',', ';', '!', '?', ':', '\n']);
    let near = stop.map_or(near, |at| &near[at + 1..]);
    [" but ", " so ", " just ", " because "]
        .iter()
        .filter_map(|word| near.rfind(word).map(|at| at + word.len()))
        .max()
        .map_or(near, |at| &near[at..])
}

/// Without the punctuation at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = |c: char| c.is_alphanumeric();
    let words = &text[range.clone()];
    let start = words.find(inside).unwrap_or(0);
    let end = words
        .char_indices()
        .rfind(|(_, c)| inside(*c))
        .map_or(words.len(), |(at, c)| at + c.len_utf8());
    range.start + start..range.start + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_for_a_human_is_recognised() {
        for text in [
            "i want to talk to a human",
            "can i speak with a real person please",
            "a human please",
            "agent",
            "operator!",
            "representative now",
            "no, human",
            "get me a human being",
            "help me to contact an agent",
            "i need assistance from a person",
            "can i chat with some live agent",
            "i can't talk with an assistant",
            "i need a human",
            "please connect me with a colleague of yours",
            "put me through to your billing department",
            "transfer me",
            "is there anybody real i can chat with?",
            "could somebody from your team please call me",
            "speak to human pls",
            "enough of the bot, live agent please",
            "i don't want to talk to a bot",
            "i don't want a bot, i want to speak to a person",
            "why don't you connect me to a human",
            "why can't i talk to someone",
            "this is useless. let me speak to your manager.",
            "pls let a colleague look at my order",
            "i would like to speak to customer service",
            "escalate this please",
            "could you transfer to me someone",
            "talk to a real life human",
            "an actual living person",
            "let me speak with support",
            "i want to speak to the billing team",
            "speak to sales",
            "gimme a human",
            "get me someone else",
            "can you get someone to call me",
            "is there someone i can talk to",
            "hand this over to a human",
            "pass me on to a colleague",
            "put me on the phone with a manager",
            "i need a person to talk to",
            "i want to spoke to an agent",
            "will someone please call me",
            "will somebody help me",
        ] {
            assert!(request(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_request_is_recognised_across_a_line_break_and_beside_one() {
        for text in [
            "i would like to talk\nto a human about this",
            "please connect\nme to a human",
            "hello\nhuman please\nthanks",
        ] {
            assert!(request(text).is_some(), "{text}");
        }
        assert_eq!(request("i do not want to talk\nto a human"), None);
        assert!(only_declined("i do not want to talk\nto a human"));
    }

    #[test]
    fn a_negation_of_something_else_declines_nothing() {
        for text in [
            "this is not working connect me to a human",
            "you are not helping get me a human",
            "that does not help i want a human",
            "i do not understand you get me an agent",
            "i don't trust you connect me to a person",
            "i told you already connect me to a human",
            "if not connect me to a human",
            "instead of a bot get me a human",
            "unless i speak to a human i will cancel",
            "i can not reach a human",
            "will you not connect me to a human",
            "it does not matter get me a human",
        ] {
            assert!(request(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_done_with_things_or_with_others_is_no_request() {
        for text in [
            "how do i connect it to my wifi",
            "connect me to the internet",
            "can you transfer it to my bank account",
            "can i transfer it to another person",
            "can i transfer it to someone else",
            "please transfer me the money",
            "how do i switch it to english",
            "can you switch me to a new plan",
            "switch me to one of the cheaper plans",
            "can you put me on the waiting list",
            "can you hand it to my neighbour",
            "how do i update my personal contact details",
            "i spoke to someone yesterday and they said it was sent",
            "i see someone has logged into my account",
            "i want to get someone a gift card",
            "can i get someone else to pick it up",
            "can you find someone else?",
            "who is my contact person",
            "can i call people abroad",
            "what do you call someone who was born in wales",
            "i need a cleaning agent for my oven",
            "i need another person added to my plan",
            "will someone call me before the delivery",
            "you sound like a real person",
        ] {
            assert_eq!(request(text).map(|range| &text[range]), None, "{text}");
        }
    }

    #[test]
    fn declining_one_or_telling_of_one_is_no_request() {
        for text in [
            "i don't want a human",
            "i don't want to talk to a human",
            "i do not need to speak with an agent, just tell me the date",
            "no need to connect me to anyone",
            "please don't transfer me",
            "i'd rather not talk to a person",
            "i would prefer not to speak to a human",
            "i don't think i need to talk to a person",
            "i do not want you to connect me to an agent",
            "i do not have time to talk to a human",
            "you do not have to transfer me",
            "there is no need for you to connect me to an agent",
            "can this be done without talking to someone?",
            "i was talking to a colleague of mine about your tents",
            "i was already connected with someone yesterday",
            "the delivery person left it outside",
            "my travel agent booked it",
            "human resources sent me this link",
            "how do people return things",
            "is the jacket unisex? a person of 180 cm would wear it",
        ] {
            assert_eq!(request(text).map(|range| &text[range]), None, "{text}");
        }
    }

    #[test]
    fn the_quotation_is_the_request_alone() {
        let text = "hello! human, please. thanks";
        assert_eq!(&text[request(text).unwrap()], "human, please");
    }
}
