//! What is understood of the scope now, and how it is learned anew while detectors are at work.

use std::sync::{Arc, PoisonError, RwLock};

use crate::Error;
use crate::encoder::Encoder;
use crate::examples::Examples;
use crate::scope::Scope;
use crate::understanding::Understanding;

/// Learns a scope, and the next one while the detectors still use what it knows.
///
/// All detectors of a host share one, so a corrected example counts for gates, domain and loops
/// from the same moment.
pub struct Learner {
    encoder: Arc<dyn Encoder>,
    current: RwLock<Arc<Understanding>>,
}

impl Learner {
    /// Learns `scope` through `encoder`, which takes as long as encoding its examples.
    ///
    /// # Errors
    ///
    /// Where the encoder fails.
    pub async fn new(scope: &Scope, encoder: Arc<dyn Encoder>) -> Result<Learner, Error> {
        let nothing = Understanding::of(Examples::default());
        let learner = Learner {
            encoder,
            current: RwLock::new(Arc::new(nothing)),
        };
        learner.learn(scope).await?;
        Ok(learner)
    }

    /// What is understood now.
    pub fn understanding(&self) -> Arc<Understanding> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Learns `scope` in place of what is understood now. Examples that it knows are not encoded
    /// again, and the fit runs on threads of its own: under a second for 150 intents with 100
    /// examples each. Must be called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// Where the encoder fails; what was understood stays.
    pub async fn learn(&self, scope: &Scope) -> Result<(), Error> {
        let known = self.understanding();
        let examples = Examples::learned(scope, &known.examples, &*self.encoder).await?;
        let fitted = tokio::task::spawn_blocking(|| Understanding::of(examples)).await;
        let fitted = fitted.map_err(|error| Error::Learning(Arc::new(error)))?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(fitted);
        Ok(())
    }

    /// What turns texts into vectors.
    pub fn encoder(&self) -> &Arc<dyn Encoder> {
        &self.encoder
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use warmline_core::source::Source;
    use warmline_core::{Belongs, Lesson, OperatorId, Timestamp};

    use super::*;
    use crate::HashedEncoder;
    use crate::encoder::{BoxFuture, Vector};

    /// Notes what it was asked to encode.
    #[derive(Default)]
    struct Noting(Mutex<Vec<String>>);

    impl Encoder for Noting {
        fn encode(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vector>, Error>> {
            self.0.lock().unwrap().extend(texts.iter().cloned());
            HashedEncoder.encode(texts)
        }
    }

    fn lesson(text: &str, belongs: Belongs) -> Lesson {
        Lesson {
            text: text.to_owned(),
            belongs,
            by: OperatorId::new("ada").unwrap(),
            at: Timestamp(1),
            conversation: None,
        }
    }

    #[tokio::test]
    async fn a_lesson_moves_an_example_and_only_what_is_new_is_encoded() {
        let text = "[[intents]]\nname = \"refund\"\nexamples = [\"where is my refund\", \"refund me\"]\n\
                    [out_of_scope]\nexamples = [\"tell me a joke\"]";
        let scope = Scope::parse(&Source::new("examples.toml", text)).unwrap();
        let encoder = Arc::new(Noting::default());
        let learner = Learner::new(&scope, encoder.clone()).await.unwrap();
        encoder.0.lock().unwrap().clear();
        let lessons = [
            lesson("Refund  me", Belongs::OutOfScope),
            lesson("money back please", Belongs::Intent("refund".to_owned())),
            lesson("Tell me a joke", Belongs::Nowhere),
            lesson("unheard of", Belongs::Intent("no such intent".to_owned())),
        ];
        let taught = scope.taught(&lessons);
        assert_eq!(
            taught.intents[0].examples,
            ["where is my refund", "money back please"]
        );
        assert_eq!(taught.out_of_scope, ["Refund  me"]);
        learner.learn(&taught).await.unwrap();
        let encoded = encoder.0.lock().unwrap().clone();
        assert_eq!(encoded, ["money back please", "refund me"]);
        let understanding = learner.understanding();
        assert_eq!(understanding.examples.all.len(), 3);
    }
}
