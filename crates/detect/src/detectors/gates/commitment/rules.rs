//! The words of promises.

use std::sync::LazyLock;

use regex::{Regex, RegexSet, RegexSetBuilder};

use crate::text::built_in;

use super::Promise;

/// Words that have been given already, or cannot be taken back: a condition does not soften them.
pub(super) struct Rule {
    pub(super) promise: Promise,
    pub(super) pattern: Regex,
    pub(super) softened: bool,
}

/// All of them at once: which are in a sentence shows in one pass, and nearly always none is.
pub(super) static ANY: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSetBuilder::new(RULES.iter().map(|rule| rule.pattern.as_str()))
        .size_limit(1 << 26)
        .dfa_size_limit(1 << 24)
        .build()
        .expect("the built-in patterns are regular expressions")
});

/// The words of promises, in English and, for the commonest, in the other languages that the machine
/// speaks.
pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    use Promise::{Legal, Monetary, Transfer};
    const WILL: &str = r"(?:will|'ll|shall|can now|am going to|'m going to|are going to|'re going to|(?:will|'ll) (?:make sure|see to it)(?: that)? (?:i|we)?)(?: also| now| then| gladly| happily| immediately| personally)?";
    const HAVE: &str = r"(?:have|'ve|had)(?: just| already| now| also)?";
    const AM: &str = r"(?:am|'m|are|'re)(?: now| just)?";
    const PAID: &str = r"(?:refunded|reimbursed|compensated|credited|waived|paid|issued|processed|approved|authori[sz]ed|initiated|granted|arranged|applied|released)";
    const MONEY: &str = r"(?:refunds?|reimbursements?|compensation|credits?|vouchers?|discounts?|payments?|money|goodwill|replacements?|chargebacks?|fees?|charges?|gift cards?|amount|cash ?back)";
    const PERSON: &str = r"(?:a |an |one of |our |the |your |my )?(?:\w+ ){0,2}(?:colleagues?|human|humans|person|agents?|representatives?|operators?|specialists?|advis[eo]rs?|supervisors?|managers?|team|staff|someone|somebody|department|experts?|engineers?)";
    let rule = |promise, softened, pattern: String| Rule {
        promise,
        softened,
        pattern: built_in(&pattern),
    };
    vec![
        rule(Monetary, false, format!(r"\b(?:i|we) ?{HAVE} {PAID}\b[^.!?\n]{{0,60}}?\b{MONEY}\b|\b(?:i|we) ?{HAVE} (?:refunded|reimbursed|compensated|credited|waived)\b")),
        rule(Monetary, false, format!(r"\b(?:i|we) ?{AM} (?:refunding|reimbursing|crediting|waiving|compensating|(?:issuing|processing|granting|sending)\b[^.!?\n]{{0,40}}?\b{MONEY})\b")),
        rule(Monetary, false, format!(r"\byour (?:full |partial )?{MONEY} (?:of \S+ (?:\w+ )?)?(?:has|have) (?:now |already |just )?been {PAID}\b")),
        rule(Monetary, true, format!(r"\b(?:i|we) ?{WILL} (?:refund|reimburse|compensate|credit|waive|pay|repay)\b")),
        rule(Monetary, true, format!(r"\b(?:i|we) ?{WILL} (?:give|offer|issue|send|grant|apply|process|arrange|provide|approve|get)\b[^.!?\n]{{0,40}}?\b{MONEY}\b")),
        rule(Monetary, true, format!(r"\b(?:i|we) (?:can|could) (?:offer|give|grant) (?:you )?[^.!?\n]{{0,40}}?\b{MONEY}\b")),
        rule(Monetary, true, r"\b(?:make sure|ensure|see to it|promise)\b[^.!?\n]{0,30}?\byou (?:will |'ll )?(?:get|receive)\b[^.!?\n]{0,30}?\b(?:money|refund|compensation|payment)\b".to_owned()),
        rule(Monetary, true, r"\byou ?(?:will|'ll|are going to|shall) (?:get|receive|be (?:given|paid|sent)) (?:a |an |your |the |all (?:of )?your )?(?:full |partial |complete |immediate )?(?:money|refund|reimbursement|compensation|credit|voucher)\b".to_owned()),
        rule(Monetary, true, r"\byou ?(?:will|'ll|shall) be (?:fully )?(?:refunded|reimbursed|compensated|credited)\b".to_owned()),
        rule(Monetary, true, r"\b(?:you are|you're|you (?:will|'ll) be|you do) (?:\w+ )?(?:entitled|eligible|qualified) (?:to|for) (?:a |an |your |the |any )?(?:full |partial |complete |immediate )?(?:refund|compensation|reimbursement|money|replacement|credit|payment|discount|damages)\b".to_owned()),
        rule(Legal, false, r"\b(?:i|we|it is|it's|is|are)(?: can| do| hereby| fully| personally)? ?guarantee(?:d)?\b".to_owned()),
        rule(Legal, false, r"\b(?:i|we)(?: can| do| hereby)? (?:promise|assure you|give you my word|swear|vow|warrant)\b".to_owned()),
        rule(Legal, true, r"\byou (?:are|'re) (?:legally |fully )?(?:entitled|within your rights)\b|\byou (?:do )?(?:have|'ve) (?:the|a) (?:legal |statutory |full )*right (?:to|of)\b".to_owned()),
        rule(Legal, false, r"\b(?:we|hereby|i)(?: hereby| do| fully)? (?:accept|admit|acknowledge|assume|take)(?: full| all| any)? (?:liability|responsibility|fault|blame|negligence)\b".to_owned()),
        rule(Legal, false, r"\b(?:we|i) (?:are|am|were) (?:fully |legally )?(?:liable|at fault|negligent|in breach|to blame)\b|\b(?:we|i) (?:are|am) (?:legally |contractually )?(?:bound|obliged|obligated|required by law) to\b".to_owned()),
        rule(Legal, false, r"\byou (?:can|could|should|may) (?:sue|take (?:us|them) to court|take legal action|claim damages)\b|\b(?:legally|contractually) binding\b".to_owned()),
        rule(Transfer, true, format!(r"\b(?:i|we) ?(?:{WILL}|{HAVE}|{AM}) (?:connect|transfer|hand|forward|pass|put|escalate|refer|rout)(?:e|ed|ing|red|ring|ting)?\b[^.!?\n]{{0,30}}?\b(?:you|this|your \w+|it|the \w+)\b[^.!?\n]{{0,30}}?\b(?:to|with|through|over)\b")),
        rule(Transfer, true, format!(r"\b(?:i|we) ?(?:{WILL}|{HAVE}|{AM}) (?:escalat|transferr?)(?:e|ed|ing)\b")),
        rule(Transfer, true, format!(r"\b(?:i|we) ?(?:{WILL}|{HAVE}) (?:have|get|ask|asked|let|arrange(?:d)? for|notified|notify) {PERSON}\b")),
        rule(Transfer, true, format!(r"\b{PERSON} (?:will|'ll|is going to|are going to) (?:then |now |also |soon |shortly )?(?:contact|call|ring|phone|email|get (?:back|in touch)|reach out|be (?:with|in touch)|take over|take care|follow up|assist you|help you|join|look into|review|handle|respond|reply)\b")),
        rule(Transfer, true, r"\b(?:(?:you will|you'll) (?:now |shortly |soon )?be|(?:you are|you're) (?:now |just )?being|(?:you are|you're) now|(?:you have|you've) (?:now |just |already )?been) (?:now |shortly |soon )?(?:connected|transferred|contacted|called|handed over|put through)\b".to_owned()),
        rule(Transfer, true, format!(r"\b(?:you will|you'll) (?:now |shortly |soon |then )?(?:be )?(?:speak|talk|chat)(?:ing)? (?:to|with) {PERSON}\b")),
        rule(Transfer, true, format!(r"\blet me (?:just |now )?(?:connect|transfer|hand|pass|put|escalate|forward)\b[^.!?\n]{{0,30}}?\b(?:to|with|through|over|for)\b|\blet me (?:just |now )?(?:get|bring in|loop in|call in|find) {PERSON}\b")),
        rule(Transfer, true, r"\b(?:hold|wait|bear with me|moment)\b[^.!?\n]{0,20}?\b(?:while|as) (?:i|we) (?:connect|transfer|hand|pass|put|forward|escalate)\b".to_owned()),
        rule(Transfer, true, r"^\W*(?:now |ok(?:ay)?,? |sure,? )?(?:transferring|connecting|forwarding|escalating|handing) (?:you|this|your \w+)\b".to_owned()),
        rule(Transfer, true, r"\byour (?:case|request|issue|conversation|message|ticket|question|chat|complaint|enquiry|inquiry) (?:(?:has|have) (?:now |already |just )?been|is (?:now )?being|is now|will (?:now )?be) (?:escalated|forwarded|transferred|passed|handed|routed|referred|assigned)\b".to_owned()),
        rule(Transfer, true, format!(r"\b{PERSON} (?:(?:has|have) (?:now |already |just )?been|(?:is|are) being) (?:notified|informed|alerted|asked|contacted)\b")),
        rule(Transfer, true, format!(r"\b{PERSON} (?:is|are) (?:now )?(?:joining|taking over|on (?:the|their|her|his) way)\b")),
        rule(Transfer, true, format!(r"\b(?:looping|bringing|calling|pulling) in {PERSON}\b")),
        rule(Transfer, true, format!(r"\bexpect (?:a|an) (?:call|call-?back|e-?mail|reply|message|answer) from {PERSON}\b")),
        // German, French and Spanish: what is folded may have lost its accents.
        rule(Transfer, true, r"\b(?:ich|wir) (?:verbinde|leite|gebe|(?:ü|u|ue)bergebe|stelle|reiche)n?\b[^.!?\n]{0,60}?\b(?:mitarbeiter\w*|kolleg\w*|menschen?|team|weiter|durch|ab)\b|\bsie werden\b[^.!?\n]{0,40}?\b(?:verbunden|weitergeleitet|durchgestellt|zur(?:ü|u|ue)ckgerufen)\b|\b(?:mitarbeiter\w*|kolleg\w*) (?:wird|werden|meldet|melden|ruft|rufen|(?:ü|u|ue)bernimmt)\b".to_owned()),
        rule(Transfer, true, r"\b(?:je|nous) vous (?:mets?|mettons|transf(?:è|e)re|transf(?:é|e)rons|passe|passons|redirige)\b[^.!?\n]{0,40}?(?:\b(?:relation|coll(?:è|e)gue|conseill[a-zè]+|personne|agent|service)|\bequipe|équipe)\b|\bun(?:e)? (?:coll(?:è|e)gue|conseill[a-zè]+) (?:va|vous)\b".to_owned()),
        rule(Transfer, true, r"\b(?:le|te|les) (?:paso|pasamos|transfiero|transferimos|comunico|conecto|derivo|pongo en contacto) (?:con|a)\b|\bun[ao]? (?:compa(?:ñ|n)er[oa]|agente|colega) (?:le|te|se)\b".to_owned()),
        rule(Monetary, true, r"\b(?:ich|wir) (?:habe|haben|werde|werden|erstatte|erstatten)\b[^.!?\n]{0,60}?\b(?:erstattet|erstatten|gutgeschrieben|gutschreiben|zur(?:ü|u|ue)ck(?:ge|zu)?zahl\w+|entsch(?:ä|a|ae)dig\w+|betrag|geld)\b".to_owned()),
        rule(Monetary, true, r"\b(?:je|nous) (?:vous )?(?:ai|avons|vais|allons)(?: vous)?\b[^.!?\n]{0,20}?\b(?:rembours|d(?:é|e)dommag|cr(?:é|e)dit)[a-zé]+".to_owned()),
        rule(Monetary, true, r"\b(?:le|te|les) (?:hemos|he|vamos a|voy a) (?:reembols\w+|devuelto|devolver|abonado|abonar)\b".to_owned()),
    ]
});
