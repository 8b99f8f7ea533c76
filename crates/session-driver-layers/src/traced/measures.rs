//! What is seen of an operation, as metrics.

use std::time::Duration;

use metrics::histogram;

pub(super) fn record(
    driver: &'static str,
    operation: &'static str,
    outcome: &'static str,
    bytes: Option<usize>,
    latency: Duration,
) {
    histogram!(
        "session_driver_operation_seconds",
        "driver" => driver,
        "operation" => operation,
        "outcome" => outcome,
    )
    .record(latency);
    if let Some(bytes) = bytes {
        histogram!(
            "session_driver_payload_bytes",
            "driver" => driver,
            "operation" => operation,
        )
        .record(bytes as f64);
    }
}
