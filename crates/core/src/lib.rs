//! The pure core: vocabulary, workflow, transition, policy, outcomes.
