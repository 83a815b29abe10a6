//! The roles that a language model plays.
