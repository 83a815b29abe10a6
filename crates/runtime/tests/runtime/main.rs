//! The runtime as an embedder sees it: scripted parts, a paused clock, the journal in memory.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bursts;
mod cards;
mod commands;
mod crashes;
mod desk;
mod detectors;
mod drafts;
mod duplicates;
mod faulty;
mod injections;
mod input;
mod languages;
mod lapses;
mod outbox;
mod outcomes;
mod parts;
mod passivation;
mod pressure;
mod records;
mod reload;
mod restart;
mod script;
mod story;
mod teaching;
mod timers;
mod waiting;
