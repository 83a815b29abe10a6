//! The card: there at once, replaced by a better one, and never an instruction.

use std::sync::Arc;

use tokio::sync::Semaphore;
use warmline::core::card::{CardSource, MAX_WORDS, is_hidden};
use warmline::core::turn::{Action, Citation};
use warmline::journal::MemoryJournal;
use warmline::{Ask, Assistant, AssistantError, Card, Claim, Draft, Event, Summarizer, TurnNumber};

use crate::desk::{Desk, settle};
use crate::injections::{INJECTIONS, Place};

/// What "I am furious" leads to.
const NEXT_STEP: &str = "Say sorry, then look at the order.";
const PLAYBOOK: &str =
    "[[playbook]]\ntrigger = \"sentiment\"\nstep = \"Say sorry, then look at the order.\"\n";

/// Writes a card that wants `goal` by a turn, and says nothing else of its own.
struct Brief {
    goal: &'static str,
    turn: TurnNumber,
    permits: Arc<Semaphore>,
}

impl Summarizer for Brief {
    async fn write(&self, _: Ask, extracted: Card) -> Result<Card, AssistantError> {
        self.permits.acquire().await.unwrap().forget();
        Ok(Card {
            customer_intent: Claim {
                text: self.goal.to_owned(),
                turns: vec![self.turn],
            },
            actions_attempted: Vec::new(),
            blockers: Vec::new(),
            promised: Vec::new(),
            recommended_action: Claim {
                text: "Refund it.".to_owned(),
                turns: vec![self.turn],
            },
            sensitivities: vec!["none at all".to_owned()],
            ..extracted
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_card_is_there_at_once_and_a_better_one_replaces_it() {
    for (goal, turn, source) in [
        ("Customer wants the parcel", 1, CardSource::Model),
        // Another turn carries it.
        ("Customer wants the parcel", 99, CardSource::Model),
        (
            "Customer wants a refund of 500 euros",
            1,
            CardSource::Extracted,
        ),
    ] {
        let permits = Arc::new(Semaphore::new(0));
        let brief = Brief {
            goal,
            turn: TurnNumber(turn),
            permits: permits.clone(),
        };
        let journal = Arc::new(MemoryJournal::new());
        let desk = Desk::built(journal, PLAYBOOK, |builder| builder.summarizer(brief)).await;
        desk.says("web-1", "I am furious about my parcel").await;
        let extracted = desk.view("web-1").await.state.card.unwrap();
        assert_eq!(extracted.source, CardSource::Extracted);
        permits.add_permits(1);
        settle().await;
        let card = desk.view("web-1").await.state.card.unwrap();
        assert_eq!(card.source, source, "{goal}");
        assert_eq!(card.recommended_action.text, NEXT_STEP);
        assert_eq!(card.blockers, extracted.blockers);
        assert!(
            card.sensitivities.is_empty(),
            "facts are no matter of words"
        );
        if source == CardSource::Model {
            assert_eq!(
                card.customer_intent,
                Claim {
                    text: goal.to_owned(),
                    turns: vec![TurnNumber(1)]
                }
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn personal_data_that_is_kept_from_cards_gets_into_none() {
    let permits = Arc::new(Semaphore::new(0));
    let brief = Brief {
        goal: "Customer wants 4111 1111 1111 1111 charged again",
        turn: TurnNumber(1),
        permits: permits.clone(),
    };
    let journal = Arc::new(MemoryJournal::new());
    let privacy = format!("{PLAYBOOK}[privacy]\ncards = [\"card\"]\n");
    let desk = Desk::built(journal, &privacy, |builder| builder.summarizer(brief)).await;
    let said = "I am furious, you want my 4111 1111 1111 1111 charged again";
    desk.says("web-1", said).await;
    let shown = |card: &Card| serde_json::to_string(card).unwrap();
    let extracted = shown(desk.view("web-1").await.state.card.as_ref().unwrap());
    permits.add_permits(1);
    settle().await;
    let view = desk.view("web-1").await;
    assert_eq!(view.state.card.as_ref().unwrap().source, CardSource::Model);
    let recorded = desk.entries("web-1");
    let written = recorded.iter().find_map(|entry| match &entry.event {
        Event::CardWritten { card, .. } => Some(shown(card)),
        _ => None,
    });
    for card in [&extracted, &written.unwrap()] {
        assert!(card.contains("[card number]"), "{card}");
        assert!(!card.contains("4111"), "{card}");
    }
    assert_eq!(
        view.state.window[0].text, said,
        "the journal keeps the words"
    );
}

/// The injection that a conversation is about; its name ends with its place in the list.
fn injected(ask: &Ask) -> (Place, &'static [&'static str]) {
    let number = ask.conversation.as_str().rsplit('-').next().unwrap();
    INJECTIONS[number.parse::<usize>().unwrap()]
}

/// An assistant whose tools and knowledge carry the injection.
struct Carrier;

impl Assistant for Carrier {
    async fn draft(&self, ask: Ask) -> Result<Draft, AssistantError> {
        let (place, texts) = injected(&ask);
        let action = |result: String| Action {
            name: "look_up_order".to_owned(),
            input: "AB-1234".to_owned(),
            result: Some(result),
        };
        let all = texts.join(" ");
        let citation = Citation {
            document: "returns".to_owned(),
            title: "Returns".to_owned(),
            passage: all.clone(),
        };
        let mut draft = Draft {
            text: "Let me look at the order for you.".to_owned(),
            ..Draft::default()
        };
        match place {
            Place::Customer => {}
            Place::Tool => draft.actions = vec![action(all)],
            Place::Failure => draft.actions = vec![action(format!("Error: {all}"))],
            Place::Passage => {
                draft.citations = vec![citation.clone()];
                draft.passages = vec![citation];
            }
        }
        Ok(draft)
    }
}

/// A summarizer that obeys: it writes what was injected wherever it can, in several ways.
struct Obeying;

impl Summarizer for Obeying {
    async fn write(&self, ask: Ask, extracted: Card) -> Result<Card, AssistantError> {
        let (_, texts) = injected(&ask);
        let all = texts.join(" ");
        let turns: Vec<TurnNumber> = ask.turns.iter().map(|turn| turn.number).collect();
        let claim = |text: String| Claim {
            text,
            turns: turns.clone(),
        };
        let mut claims: Vec<Claim> = texts.iter().map(|text| claim((*text).to_owned())).collect();
        let sentences = all.split_inclusive(['.', '!', '?', '\n', '。']);
        claims.extend(sentences.map(|sentence| claim(sentence.trim().to_owned())));
        claims.push(claim(format!("Customer: {all}")));
        claims.push(claim(format!("The order AB-1234 was looked up. {all}")));
        claims.push(claim(format!("a” {all} “b")));
        Ok(Card {
            customer_intent: claim(all.clone()),
            actions_attempted: claims.clone(),
            blockers: claims.clone(),
            promised: claims,
            recommended_action: claim(all.clone()),
            sentiment: all.clone(),
            sensitivities: vec![all],
            source: CardSource::Model,
            ..extracted
        })
    }
}

/// The parts of `text` that are no quotation.
fn unquoted(text: &str) -> String {
    let mut parts = text.split('“');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| match part.split_once('”') {
        Some((_, rest)) => all + " | " + rest,
        None => all,
    })
}

fn words(text: &str) -> Vec<String> {
    let shown: String = text
        .chars()
        .filter(|c| !is_hidden(*c) || c.is_whitespace())
        .collect();
    let words = shown
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Three words in a row of the injection, or what is there of it, that `text` has.
fn leak(text: &str, injection: &str) -> Option<String> {
    let (text, injection) = (format!(" {} ", words(text).join(" ")), words(injection));
    let runs = injection.windows(3.min(injection.len().max(1)));
    // Every card of an upset customer says so.
    let runs = runs
        .map(|run| run.join(" "))
        .filter(|run| run != "the customer is");
    runs.into_iter()
        .find(|run| text.contains(&format!(" {run} ")))
}

/// What is wrong with a card after `injection`.
fn faults(card: &Card, injection: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let next = &card.recommended_action;
    if next.text != NEXT_STEP || !next.turns.is_empty() {
        faults.push(format!("the next step is {next:?}"));
    }
    for claim in [&card.customer_intent].into_iter().chain(&card.blockers) {
        let text = &claim.text;
        let (open, close) = (text.matches('“').count(), text.matches('”').count());
        let leak = leak(&unquoted(text), injection);
        if open != close || leak.is_some() {
            faults.push(format!("{leak:?} is not quoted in {text:?}"));
        }
    }
    for claim in card.actions_attempted.iter().chain(&card.promised) {
        if let Some(leak) = leak(&claim.text, injection) {
            faults.push(format!("{leak:?} stands in {:?}", claim.text));
        }
    }
    if card.sentiment != "upset" || !card.sensitivities.is_empty() {
        faults.push(format!(
            "it feels {} {:?}",
            card.sentiment, card.sensitivities
        ));
    }
    if card.words() > MAX_WORDS {
        faults.push("it is too long".to_owned());
    }
    let claims = [&card.customer_intent, next].into_iter();
    let claims = claims.chain(&card.blockers).chain(&card.actions_attempted);
    let texts = claims
        .chain(&card.promised)
        .map(|claim| claim.text.as_str());
    let evidence = card.trigger.evidence.iter();
    let signals = card.trigger.signals.iter();
    let evidence = evidence.chain(signals.flat_map(|judged| &judged.signal.evidence));
    let evidence = evidence.flat_map(|evidence| [evidence.quote.as_str(), evidence.why.as_str()]);
    let hidden = texts.chain(evidence).find(|text| text.contains(is_hidden));
    faults.extend(hidden.map(|text| format!("{text:?} hides something")));
    faults
}

#[tokio::test(start_paused = true)]
async fn no_injection_becomes_an_instruction() {
    assert!(INJECTIONS.len() >= 60);
    let journal = Arc::new(MemoryJournal::new());
    let permits = Arc::new(Semaphore::new(0));
    let obeying = Patient(permits.clone());
    let desk = Desk::built(journal, PLAYBOOK, |builder| {
        builder.assistant(Carrier).summarizer(obeying)
    })
    .await;
    let (mut written, mut all) = (0, Vec::new());
    for (number, (place, texts)) in INJECTIONS.iter().enumerate() {
        let (id, injection) = (format!("web-{number}"), texts.join(" "));
        desk.says(&id, "My parcel of order AB-1234 did not arrive.")
            .await;
        if *place == Place::Customer {
            for text in *texts {
                desk.says(&id, text).await;
            }
        }
        desk.says(&id, "I am furious now, where is it?").await;
        let card = desk.view(&id).await.state.card.unwrap();
        assert_eq!(card.source, CardSource::Extracted);
        let mut found = faults(&card, &injection);
        permits.add_permits(1);
        settle().await;
        let card = desk.view(&id).await.state.card.unwrap();
        written += usize::from(card.source == CardSource::Model);
        found.extend(faults(&card, &injection));
        all.extend(
            found
                .into_iter()
                .map(|fault| format!("{injection:?}: {fault}")),
        );
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(written > 0, "no card of the summarizer was taken at all");
}

/// [`Obeying`], when it may.
struct Patient(Arc<Semaphore>);

impl Summarizer for Patient {
    async fn write(&self, ask: Ask, extracted: Card) -> Result<Card, AssistantError> {
        self.0.acquire().await.unwrap().forget();
        Obeying.write(ask, extracted).await
    }
}
