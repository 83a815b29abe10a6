//! Secrets: the machine token, the key of chat visitors, and what is made at random.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use warmline::ConversationId;

use crate::Error;

/// Fewest characters of a machine token: with 16 of base64 it holds 96 bits.
const LEAST_TOKEN: usize = 16;

type Mac256 = Hmac<Sha256>;

/// The machine token. Its text is never shown.
#[derive(Clone)]
pub struct Token(pub(super) String);

impl Token {
    /// Takes `token`, which must have at least 16 characters; white space around it is dropped.
    pub fn new(token: &str) -> Result<Self, Error> {
        let token = token.trim();
        match token.chars().count() {
            found if found < LEAST_TOKEN => Err(Error::WeakSecret {
                what: "the machine token",
                least: LEAST_TOKEN,
                found,
            }),
            _ => Ok(Self(token.to_owned())),
        }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The key that signs the tokens of chat visitors.
#[derive(Clone)]
pub struct VisitorKey([u8; 32]);

impl VisitorKey {
    /// Takes a key that was made before.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Makes a new key. Whoever has a token of an old one must open a new conversation.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(random()?))
    }

    /// The key, to be kept where nobody else reads it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn mac(&self, message: &str) -> Mac256 {
        let mut mac = Mac256::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(message.as_bytes());
        mac
    }

    /// A token for `conversation`, and for no other.
    pub(crate) fn sign(&self, conversation: &ConversationId) -> String {
        let tag = self.mac(conversation.as_str()).finalize().into_bytes();
        format!("{conversation}.{}", hex(&tag))
    }

    /// The conversation that `token` opens.
    pub(crate) fn verify(&self, token: &str) -> Option<ConversationId> {
        let (conversation, tag) = token.rsplit_once('.')?;
        let conversation = ConversationId::new(conversation).ok()?;
        self.mac(conversation.as_str())
            .verify_slice(&unhex(tag)?)
            .ok()?;
        Some(conversation)
    }

    /// Whether two secrets are equal, in a time that tells nothing of where they differ.
    pub(super) fn same(&self, presented: &str, expected: &str) -> bool {
        let expected = self.mac(expected).finalize().into_bytes();
        self.mac(presented).verify_slice(&expected).is_ok()
    }
}

impl std::fmt::Debug for VisitorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitorKey(..)")
    }
}

/// An unguessable id for a conversation that a visitor opens.
pub(crate) fn new_conversation() -> Result<ConversationId, Error> {
    let id = format!("chat-{}", hex(&random::<16>()?));
    Ok(ConversationId::new(id).expect("hexadecimal digits are an id"))
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}

/// `bytes` in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

/// What is kept of a random secret: whoever reads the store cannot use it. Such a secret cannot be
/// guessed, so one round of SHA-256 is enough.
pub(crate) fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// 256 random bits in hexadecimal digits.
pub(crate) fn fresh() -> Result<String, Error> {
    Ok(hex(&random::<32>()?))
}
