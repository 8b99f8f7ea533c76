//! What is seen of an operation, as metrics.

use std::time::Duration;

use metrics::histogram;

use super::watch::Seen;

pub(super) fn record(driver: &'static str, operation: &'static str, seen: Seen, latency: Duration) {
    histogram!(
        "session_driver_operation_seconds",
        "driver" => driver,
        "operation" => operation,
        "outcome" => seen.outcome,
    )
    .record(latency);
    if let Some(bytes) = seen.bytes {
        histogram!(
            "session_driver_payload_bytes",
            "driver" => driver,
            "operation" => operation,
        )
        .record(bytes as f64);
    }
}
