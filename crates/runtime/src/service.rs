//! Services: tasks that run for as long as the system does, whatever happens in them.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;

/// How long a service that crashed rests.
const REST: Duration = Duration::from_secs(1);

/// Tells the services that the system stops.
pub(crate) type Stopped = watch::Receiver<bool>;

/// Runs a service until `stopped` says so, and again when it crashes.
pub(crate) async fn keep<F>(name: &'static str, mut stopped: Stopped, run: impl Fn() -> F)
where
    F: Future<Output = ()>,
{
    loop {
        tokio::select! {
            ended = AssertUnwindSafe(run()).catch_unwind() => match ended {
                Ok(()) => return,
                Err(_) => tracing::error!(service = name, "crashed, and starts again"),
            },
            () = until_stopped(&mut stopped) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = until_stopped(&mut stopped) => return,
        }
    }
}

async fn until_stopped(stopped: &mut Stopped) {
    // The sender is gone when the system was dropped, which stops it as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
