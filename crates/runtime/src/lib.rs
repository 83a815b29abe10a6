//! The runtime: supervised conversations, detectors, timers, effects.
