//! Audit, replay, simulation and evaluation over conversations.
