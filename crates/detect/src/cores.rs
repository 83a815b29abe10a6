//! Work that is shared among the cores of the machine.

/// What `work` makes of each of `items`, in order, on as many threads as there are cores.
pub(crate) fn on_all_cores<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = items
            .chunks(share)
            .map(|items| scope.spawn(move || items.iter().map(work).collect::<Vec<O>>()))
            .collect();
        let done = threads.into_iter().flat_map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        done.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_has_its_share_and_the_order_stays() {
        let items: Vec<usize> = (0..10).collect();
        assert_eq!(on_all_cores(&items, |i| i * 2)[9], 18);
        assert!(on_all_cores(&[] as &[usize], |i| *i).is_empty());
    }
}
