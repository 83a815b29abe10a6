//! "A human, please": recognised by built-in English patterns, so that no configuration forgets it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// The intent that such a request is reported as.
pub const HUMAN_REQUEST: &str = "human_request";

/// Who is asked for.
const SOMEBODY: &str = r"(?:humans?|hunan|hyman|huma|persons?|people|human being|someone|somone|someody|somebody|anyone|anybody|agents?|aent|agnet|representatives?|reps?|operators?|assistants?|advis[eo]rs?|colleagues?|employees?|staff|member of staff|staff member|team member|member of (?:the|your) team|supervisors?|managers?|customer (?:service|care|support)|(?:your|the) (?:support|service|team|staff)|support (?:team|staff|agent|person)|live (?:chat|support|agent)|specialist|consultant)";

/// What may stand before them.
const SUCH: &str = r"(?:(?:a|an|the|your|some|any|one of your|another|actual|real|live|human|proper|different|other|customer service|customer support|support|service|sales|returns|billing|technical|us|me|someone|from|free|available|goddamn|damn|damned|bloody|freaking|fucking|an?other|of)\s+){0,5}";

static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        // "talk to a human", "speaking with one of your colleagues"
        format!(r"\b(?:talk|talking|speak|speaking|chat|chatting|talkin|speakin|spoke) (?:directly )?(?:to|with|wit|wiht|whit|w/?)\s+{SUCH}{SOMEBODY}\b"),
        // "help me contact someone", "how can I get in touch with a person"
        format!(r"\b(?:contact|contacting|reach|reaching|(?:get|getting) (?:in (?:touch|contact) with|a ?hold of|hold of|through to)|call|calling|see|find|finding|use|using|get|getting) {SUCH}(?:humans?|persons?|people|human being|someone|somebody|(?:human |live )?(?:agents?|operators?|assistants?|representatives?)|live (?:chat|support))\b"),
        r"\b(?:assistance|help|support|answers?|service) (?:from|by|of) (?:a |an |some |real |live |human |actual |goddamn |fucking |bloody )*(?:humans?|persons?|people|somebody|someone|agents?|operators?|assistants?|representatives?)\b".to_owned(),
        r"\b(?:human|live|real|personal) (?:agents?|operators?|assistants?|representatives?|assistance|contact|support)\b".to_owned(),
        // "get me a person", "give me an agent", "I need a human", "I want a real person"
        format!(r"\b(?:get|give|find|send|call|fetch) (?:me )?{SUCH}(?:human|person|human being|agent|representative|rep|operator|supervisor|manager|somebody real|someone real)\b"),
        format!(r"\b(?:need|want|like|prefer|require|demand|request|requesting|have|expect) (?:to have )?{SUCH}(?:humans?|persons?|human being|(?:live|real|human|support|customer service) (?:agent|representative|operator|rep)|representative|operator)\b"),
        r"\b(?:need|want|transfer to me|transfer me to) (?:to have )?(?:a|an) (?:\w+ )?(?:agent|operator|assistant)\b".to_owned(),
        // "connect me", "put me through", "transfer me to support"
        r"\b(?:connect|transfer|put|pass|hand|switch|redirect|forward|escalate) (?:me|us|this|this chat|the chat|it) (?:over |through |on )?(?:to|with)\b".to_owned(),
        format!(r"\b(?:transfer|connect|direct|redirect) to me {SUCH}{SOMEBODY}\b"),
        r"\b(?:transfer|connect) me\b|\bput me (?:through|on)\b|\bescalate (?:this|me|it|my case)\b".to_owned(),
        // "human please", "agent!", "real person now": nothing else in the sentence
        r"(?:^|[.!?,;:\n])\s*(?:(?:a|an|the|i said|just|only|stop|enough|please|pls|live|real|actual|ok|no)[ ,]+){0,4}(?:human|person|agent|representative|rep|operator|human being|live agent|live person|customer service|customer support)(?:[ ,]+(?:please|pls|plz|now|asap|thanks|immediately|right now|being|only|help|support|agent))*\s*(?:[.!?,;\n]|$)".to_owned(),
        // "is there a human there", "can a colleague call me"
        r"\bis (?:there )?(?:any ?body|any ?one|a (?:real )?(?:human|person)) (?:real |human |actually |else )?(?:there|here|available|i can|who can)\b".to_owned(),
        format!(r"\b(?:can|could|would|will|may|have|let) {SUCH}{SOMEBODY} (?:from \S+(?: \S+)? )?(?:please )?(?:call|ring|phone|contact|take over|help|assist|look (?:at|into)|review|handle)\b"),
        // "stop the bot", "not a bot", "no more machine"
        r"\b(?:do not|don't|dont) want (?:to (?:talk|speak|chat|deal) (?:to|with) )?(?:a |this |the |your |an )?(?:chat ?)?(?:bots?|machines?|robots?|ai|computers?)\b".to_owned(),
        r"\b(?:enough|sick|tired) (?:of|with) (?:the |this |your |these )?(?:chat ?)?(?:bots?|machine|robots?|ai)\b|\bno more bots?\b".to_owned(),
    ];
    Regex::new(&patterns.join("|")).expect("the built-in patterns are regular expressions")
});

/// What, right before a request in the same clause, turns it into its opposite or into a report.
static NOT_ONE: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        // "I don't want to", "no need to", "I'd rather not", "please don't"
        r"\b(?:do not|don't|dont|did not|didn't|didnt|does not|doesn't|never|not|no longer) (?:\w+ ){0,2}(?:want|wanted|need|needed|wish|require|ask|asked|asking|like|care|intend|plan|have|mean|prefer|going|trying|trust|looking)?(?: (?:to|for|you|any|a|an|me|with|my|it))*\s*$",
        r"\b(?:no need|needn't|need not|without|instead of|rather than|avoid|rather not|unless|no reason)\b[^.,;!?]{0,40}$",
        r"\b(?:please )?(?:do not|don't|dont|never)\s*$",
        // "I was talking to", "yesterday I had to", "after having": told, not asked
        r"\b(?:was|were|been|had|already|after|when i|while|yesterday i)(?: just| already| to)?\s*$",
    ];
    Regex::new(&patterns.join("|")).expect("the built-in patterns are regular expressions")
});

/// What before a negation makes it a request all the same: "why don't you connect me".
static ASKED_ALL_THE_SAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:why|can't|cannot|cant|couldn't|could not|won't|if (?:you|i) (?:do not|don't|dont|can't|cannot))\b[^.,;!?]{0,40}$")
        .expect("the built-in pattern is a regular expression")
});

/// Where the folded `text` asks for a human, if it does.
pub(super) fn request(text: &str) -> Option<Range<usize>> {
    REQUEST
        .find_iter(text)
        .map(|found| trimmed(text, found.range()))
        .find(|range| !is_declined(text, range))
}

/// Whether the folded `text` speaks of asking for a human only to decline or report it.
pub(super) fn only_declined(text: &str) -> bool {
    let mut mentions = REQUEST.find_iter(text).peekable();
    mentions.peek().is_some() && mentions.all(|found| is_declined(text, &found.range()))
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
        ] {
            assert!(request(text).is_some(), "{text}");
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
