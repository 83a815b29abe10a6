//! Listening, and stopping without dropping anything.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use warmline::Warmline;

use crate::Error;
use crate::app::{App, Settings};
use crate::tenants::Tenants;

/// How long requests that are under way may take after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then ends streams, finishes what is under way, and flushes.
///
/// The runtime is shut down at the end, also when the listener fails.
pub async fn serve(
    listener: TcpListener,
    warmline: Warmline,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    serve_tenants(listener, Tenants::new(warmline, settings)?, stop).await
}

/// As [`serve`], for several tenants.
pub async fn serve_tenants(
    listener: TcpListener,
    tenants: Tenants,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let apps: Vec<App> = tenants.apps().cloned().collect();
    let router = tenants.router();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // Answers are small and waited for: without this each may be held back for 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let closed = watch::Sender::new(false);
    let mut closing = closed.subscribe();
    let streams = apps.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping: streams end, requests under way are finished");
        streams.iter().for_each(App::close);
        closed.send_replace(true);
    });
    let too_long = async move {
        // The sender may be gone with the server, which ends the wait as well.
        let _ = closing.wait_for(|closing| *closing).await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = server.into_future() => served.map_err(Error::from),
        () = too_long => {
            tracing::warn!(seconds = GRACE.as_secs(), "some requests took too long and were cut");
            Ok(())
        }
    };
    let shutdowns = apps.iter().map(|app| app.warmline().shutdown());
    futures::future::join_all(shutdowns).await;
    served
}
