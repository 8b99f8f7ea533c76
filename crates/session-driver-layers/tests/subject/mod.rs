//! A driver with layers around it, as the suite sees it.

use session_driver_conformance::{BoxError, Contents, Place, Planted, Setup, Subject};
use session_driver_layers::session_driver::{Result, SessionDriver, SessionId};
use session_driver_layers::{Encrypted, Hashed, Key, KeyRing, OVERHEAD, Traced};

/// The subject of the driver beneath, whose hooks look beneath the layers, too.
pub(crate) struct Layered<S: Subject, D> {
    pub(crate) beneath: S,
    pub(crate) layers: &'static str,
    pub(crate) wrap: fn(S::Driver) -> D,
    /// Under what name the driver beneath knows an id.
    pub(crate) known_as: fn(&SessionId) -> SessionId,
    /// By how many bytes the layers make a payload longer.
    pub(crate) overhead: usize,
}

#[allow(dead_code, reason = "each test binary has one of the layers")]
impl<S: Subject> Layered<S, Hashed<S::Driver>> {
    pub(crate) fn hashed(beneath: S) -> Self {
        Layered {
            beneath,
            layers: "hashed",
            wrap: Hashed::new,
            known_as: sha_256,
            overhead: 0,
        }
    }
}

#[allow(dead_code, reason = "each test binary has one of the layers")]
impl<S: Subject> Layered<S, Encrypted<S::Driver>> {
    pub(crate) fn encrypted(beneath: S) -> Self {
        Layered {
            beneath,
            layers: "encrypted",
            wrap: |driver| Encrypted::new(driver, keys()),
            known_as: SessionId::clone,
            overhead: OVERHEAD,
        }
    }
}

#[allow(dead_code, reason = "each test binary has one of the layers")]
impl<S: Subject> Layered<S, Traced<S::Driver>> {
    pub(crate) fn traced(beneath: S) -> Self {
        Layered {
            beneath,
            layers: "traced",
            wrap: |driver| Traced::new(driver, "beneath"),
            known_as: SessionId::clone,
            overhead: 0,
        }
    }
}

#[allow(dead_code, reason = "each test binary has one of the layers")]
impl<S: Subject> Layered<S, Traced<Hashed<Encrypted<S::Driver>>>> {
    pub(crate) fn all(beneath: S) -> Self {
        Layered {
            beneath,
            layers: "layered",
            wrap: |driver| Traced::new(Hashed::new(Encrypted::new(driver, keys())), "beneath"),
            known_as: sha_256,
            overhead: OVERHEAD,
        }
    }
}

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(Key::new(2, [2; 32])).opening(Key::new(1, [1; 32]))
}

pub(crate) fn sha_256(id: &SessionId) -> SessionId {
    use sha2::{Digest as _, Sha256};
    let digits = Sha256::digest(id.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    SessionId::parse(&digits).expect("digits are an id")
}

impl<S: Subject, D: SessionDriver + 'static> Subject for Layered<S, D> {
    type Driver = D;

    fn name(&self) -> String {
        format!("{}, {}", self.beneath.name(), self.layers)
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.beneath.place()
    }

    /// A maximum is meant for what comes to the layers.
    fn open(&self, place: &Place, setup: &Setup) -> Result<D> {
        let mut setup = setup.clone();
        setup.max_payload_bytes = setup.max_payload_bytes.map(|bytes| bytes + self.overhead);
        self.beneath.open(place, &setup).map(self.wrap)
    }

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        self.beneath.contents(place)
    }

    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        self.beneath.add_foreign(place)
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        self.beneath.raw(place, &(self.known_as)(id))
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        self.beneath.plant(place, &(self.known_as)(id), what)
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        self.beneath.make_newer(place)
    }
}
