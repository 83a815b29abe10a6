//! The detectors, the sentence encoder under them, and their trained heads.
