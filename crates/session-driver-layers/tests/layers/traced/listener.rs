//! Listens to all that tracing and metrics are told.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};

type Fields = BTreeMap<&'static str, String>;

/// What was told so far. Clones listen together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listener(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    spans: Vec<Fields>,
    events: Vec<Fields>,
    measures: Vec<(String, f64)>,
}

impl Listener {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work, and listens to it.
    pub(crate) fn hear<R>(&self, work: impl FnOnce() -> R) -> R {
        tracing::subscriber::with_default(self.clone(), || metrics::with_local_recorder(self, work))
    }

    /// This field of each span, in their order.
    pub(crate) fn spans(&self, field: &str) -> Vec<Option<String>> {
        let told = self.told();
        told.spans
            .iter()
            .map(|span| span.get(field).cloned())
            .collect()
    }

    /// Each span's operation and outcome.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        let shown = |field: &String| field.clone();
        let told = self.told();
        let both = told.spans.iter().map(|span| {
            let operation = span.get("operation").map(shown).unwrap_or_default();
            let outcome = span.get("outcome").map(shown).unwrap_or_default();
            format!("{operation}: {outcome}")
        });
        both.collect()
    }

    pub(crate) fn events(&self) -> usize {
        self.told().events.len()
    }

    /// The values of the measures with all these words in their names and labels.
    pub(crate) fn measured(&self, words: &[&str]) -> Vec<f64> {
        let told = self.told();
        let wanted = told
            .measures
            .iter()
            .filter(|(name, _)| words.iter().all(|word| name.contains(word)));
        wanted.map(|(_, value)| *value).collect()
    }

    /// Everything, as text.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.told())
    }
}

struct Fill<'a>(&'a mut Fields);

impl Visit for Fill<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.into());
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::from([("name", attributes.metadata().name().into())]);
        attributes.record(&mut Fill(&mut fields));
        let mut told = self.told();
        told.spans.push(fields);
        Id::from_u64(told.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut told = self.told();
        let place = span.into_u64() as usize - 1;
        values.record(&mut Fill(&mut told.spans[place]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Fill(&mut fields));
        self.told().events.push(fields);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A measure of one name and set of labels.
struct Measure {
    name: String,
    listener: Listener,
}

impl HistogramFn for Measure {
    fn record(&self, value: f64) {
        let mut told = self.listener.told();
        told.measures.push((self.name.clone(), value));
    }
}

impl Recorder for Listener {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let mut name = key.name().to_owned();
        for label in key.labels() {
            let written = write!(name, " {}={}", label.key(), label.value());
            written.expect("a text takes all that is written");
        }
        Histogram::from_arc(Arc::new(Measure {
            name,
            listener: self.clone(),
        }))
    }
}
