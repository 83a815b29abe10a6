//! What every journal promises, held against each of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod finding;
mod forgetting;
mod recording;
mod remembering;
#[path = "../steps/mod.rs"]
mod steps;
mod waiting;

use futures::executor::block_on;
use warmline_journal::{Cursor, Error, Journal, MemoryJournal, Page, SledJournal, Step};

macro_rules! contract {
    ($($group:ident::$promise:ident,)*) => {
        mod in_memory {
            $(#[test] fn $promise() {
                super::$group::$promise(&super::MemoryJournal::new());
            })*
        }
        mod on_disk {
            $(#[test] fn $promise() {
                let directory = tempfile::tempdir().unwrap();
                super::$group::$promise(&super::SledJournal::open(directory.path()).unwrap());
            })*
        }
    };
}

contract![
    recording::a_step_is_read_back_as_it_was,
    recording::an_unknown_conversation_is_nothing,
    recording::a_step_that_does_not_follow_is_refused,
    recording::a_message_is_recorded_once,
    recording::a_refused_step_leaves_no_trace,
    recording::steps_are_recorded_in_the_order_of_the_calls,
    recording::a_dropped_future_is_recorded_all_the_same,
    recording::a_step_that_contradicts_itself_is_refused,
    recording::loading_starts_at_the_latest_snapshot,
    recording::entries_are_read_in_parts,
    waiting::timers_come_due_in_order,
    waiting::a_timer_is_moved_and_taken_back,
    waiting::deliveries_wait_until_they_are_made,
    waiting::whoever_waits_for_an_answer_is_listed,
    finding::conversations_are_listed_by_state_oldest_first,
    finding::every_conversation_is_walked,
    finding::a_configuration_keeps_its_text,
    finding::configurations_are_listed,
    finding::a_foreign_cursor_is_refused,
    remembering::records_are_kept_replaced_and_dropped,
    remembering::a_step_and_its_records_are_recorded_together,
    remembering::records_are_erased_with_their_conversation,
    remembering::a_record_that_cannot_be_kept_is_refused,
    forgetting::erasing_leaves_nothing_behind,
    forgetting::lessons_are_erased_with_the_conversation_they_came_from,
    forgetting::retention_erases_what_ended_before_and_no_more_than_asked,
];

fn append(journal: &dyn Journal, step: Step) -> Result<(), Error> {
    block_on(journal.append(step))
}

/// All rows of a list, read in pages of two.
fn all<T>(read: impl Fn(Option<&Cursor>, usize) -> Result<Page<T>, Error>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = read(after.as_ref(), 2).unwrap();
        assert_eq!(page.damaged, 0);
        assert!(page.rows.len() <= 2);
        rows.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return rows,
        }
    }
}
