//! Erlang C: waiting in the one case that has a formula.
//!
//! Customers arrive independently at a constant rate, work takes an exponential time, each of `c`
//! operators has one customer at a time, and nobody gives up (A. K. Erlang, "Solution of some
//! problems in the theory of probabilities of significance in automatic telephone exchanges", 1917).

/// The probability that a customer has to wait, at a load of `load` (arrivals in the mean time of
/// work) and `operators`: 1 where they cannot keep up.
pub fn waits(load: f64, operators: usize) -> f64 {
    let count = operators as f64;
    if load >= count {
        return 1.0;
    }
    // The probability of loss by Erlang B, by its recursion, which never overflows.
    let loss = (1..=operators).fold(1.0, |loss, n| load * loss / (n as f64 + load * loss));
    count * loss / (count - load * (1.0 - loss))
}

/// The mean wait of all customers, in units of the mean time of work: infinite where the operators
/// cannot keep up.
pub fn mean_wait(load: f64, operators: usize) -> f64 {
    let spare = operators as f64 - load;
    match spare > 0.0 {
        true => waits(load, operators) / spare,
        false => f64::INFINITY,
    }
}

/// The least number of operators whose mean wait is at most `wait`, in units of the mean time of
/// work.
pub fn operators(load: f64, wait: f64) -> usize {
    let least = load.floor() as usize + 1;
    (least..)
        .find(|count| mean_wait(load, *count) <= wait)
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published: 10 Erlang and 12 operators give .4494 (tables of Erlang C); one operator is the
    /// queue M/M/1, in which the share that waits is the load.
    #[test]
    fn known_values() {
        assert!(
            (waits(10.0, 12) - 0.4494).abs() < 1e-3,
            "{}",
            waits(10.0, 12)
        );
        assert!((waits(0.8, 1) - 0.8).abs() < 1e-12);
        assert!((mean_wait(0.8, 1) - 4.0).abs() < 1e-12);
        assert_eq!(waits(5.0, 5), 1.0);
        assert_eq!(mean_wait(5.0, 5), f64::INFINITY);
    }

    #[test]
    fn the_least_number_is_the_least() {
        for load in [0.5, 3.0, 10.0, 40.0] {
            let count = operators(load, 0.2);
            assert!(mean_wait(load, count) <= 0.2);
            assert!(count == 1 || mean_wait(load, count - 1) > 0.2);
        }
    }
}
