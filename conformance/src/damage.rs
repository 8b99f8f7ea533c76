//! Damage to the bytes of records, done while the store is closed.

use std::sync::Arc;

use session_driver::{Precondition, Record, SessionId};

use crate::case::{Context, Driver, Fixture, Stop, Verdict, ensure_eq};
use crate::expect;
use crate::hook::Planted;
use crate::place::Place;
use crate::steps::stored;
use crate::subject::Setup;
use crate::workload::{NOW, forever, id, marked};

/// What nobody can take for a record: rule ERR-3 says Corrupt to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    Emptied,
    Zeroed,
    Garbage,
    /// What another program writes.
    Foreign,
    /// Something that has no bytes like a record's: a directory, say.
    AnotherKind,
}

impl Damage {
    pub(crate) const ALL: [Damage; 5] = [
        Damage::Emptied,
        Damage::Zeroed,
        Damage::Garbage,
        Damage::Foreign,
        Damage::AnotherKind,
    ];

    /// The bytes that take the place of `sound` ones; `None` for what has none.
    fn bytes(self, sound: &[u8], rng: &mut fastrand::Rng) -> Option<Vec<u8>> {
        match self {
            Damage::Emptied => Some(vec![]),
            Damage::Zeroed => Some(vec![0; sound.len()]),
            Damage::Garbage => Some(sound.iter().map(|_| rng.u8(..)).collect()),
            Damage::Foreign => Some(br#"_SESSION|a:1:{s:4:"user";s:3:"ana";}"#.to_vec()),
            Damage::AnotherKind => None,
        }
    }
}

/// A store at rest in which some records are damaged.
#[derive(Debug)]
pub(crate) struct Hurt {
    pub(crate) place: Arc<Place>,
    /// The damaged ids, with what was done, and what lies there now if that has bytes.
    pub(crate) damaged: Vec<Damaged>,
    /// The others.
    pub(crate) sound: Vec<(SessionId, Record)>,
}

#[derive(Debug)]
pub(crate) struct Damaged {
    pub(crate) id: SessionId,
    pub(crate) damage: Damage,
    planted: Option<Vec<u8>>,
    /// The record that was there.
    pub(crate) before: Record,
}

impl Hurt {
    /// A new store with a record for each damage, and as many sound ones.
    ///
    /// # Errors
    /// Unobserved when the subject can do none of them.
    pub(crate) fn new(context: &Context) -> Result<Hurt, Stop> {
        let (store, mut rng) = (context.fresh()?, context.rng());
        let (mut kept, mut sound) = (vec![], vec![]);
        for (number, damage) in Damage::ALL.into_iter().enumerate() {
            let payload = marked(rng.u64(..), 200 + 100 * number);
            for (list, prefix) in [(&mut kept, "damaged"), (&mut sound, "sound")] {
                let who = id(&format!("{prefix}-{number}"));
                let new = forever(&payload);
                // Twice, for a driver may keep room for two.
                store.store(&who, new, Precondition::Any, NOW)?;
                let record = stored(&*store, &who, new, Precondition::Any, NOW)?;
                list.push((who, damage, record));
            }
        }
        let place = at_rest(context, store)?;
        let (mut damaged, mut missing) = (vec![], None);
        for (id, damage, before) in kept {
            let planted = damage.bytes(&context.raw(&place, &id)?, &mut rng);
            let what = match &planted {
                Some(bytes) => Planted::Bytes(bytes),
                None => Planted::AnotherKind,
            };
            match context.plant(&place, &id, what) {
                Ok(()) => damaged.push(Damaged {
                    id,
                    damage,
                    planted,
                    before,
                }),
                Err(Stop::Unobserved(reason)) => {
                    missing = Some(reason);
                    sound.push((id, damage, before));
                }
                Err(stop) => return Err(stop),
            }
        }
        match missing {
            Some(reason) if damaged.is_empty() => Err(Stop::Unobserved(reason)),
            _ => Ok(Hurt {
                place,
                damaged,
                sound: sound
                    .into_iter()
                    .map(|(id, _, record)| (id, record))
                    .collect(),
            }),
        }
    }

    pub(crate) fn open(&self, context: &Context) -> Result<Driver, Stop> {
        context.open(&self.place, &Setup::default())
    }

    /// The damaged records lie there as they were planted; nobody has the store open.
    pub(crate) fn is_left_as_it_was(&self, context: &Context, when: &str) -> Verdict {
        for Damaged {
            id,
            damage,
            planted,
            ..
        } in &self.damaged
        {
            if let Some(planted) = planted {
                let found = context.raw(&self.place, id)?;
                ensure_eq!(
                    found == *planted,
                    true,
                    "whether the damaged bytes ({damage:?}) are left {when}"
                );
            }
        }
        Ok(())
    }

    /// The other records are what they were.
    pub(crate) fn leaves_others(&self, driver: &Driver, when: &str) -> Verdict {
        let mut sound = self.sound.iter();
        sound.try_for_each(|(who, due)| expect::record(&**driver, who, NOW, due, when))
    }
}

/// Closes the store and gives its place, for hooks to work on.
///
/// # Errors
/// NotApplicable when the driver has no backend beneath it, Unobserved when it keeps nothing while
/// it is closed.
pub(crate) fn at_rest(context: &Context, store: Fixture) -> Result<Arc<Place>, Stop> {
    has_a_backend(context)?;
    if !context.capabilities().persistent {
        let reason = "the driver is not persistent: nothing is left of it to look at";
        return Err(Stop::Unobserved(reason.into()));
    }
    Ok(store.close())
}

/// A driver that is embedded and not persistent keeps its records in its process's own memory.
///
/// # Errors
/// NotApplicable to such a driver: it has no files, rows or keys that could be damaged, foreign,
/// of another format, or left behind.
pub(crate) fn has_a_backend(context: &Context) -> Verdict {
    let capabilities = context.capabilities();
    if capabilities.embedded && !capabilities.persistent {
        let reason =
            "the driver keeps its records in its own memory: there is no backend beneath it";
        return Err(Stop::NotApplicable(reason.into()));
    }
    Ok(())
}

/// The same bytes with parts of them missing or another: cut at many lengths, and with one bit
/// flipped at many positions.
pub(crate) fn blemishes(sound: &[u8], rng: &mut fastrand::Rng) -> Vec<(String, Vec<u8>)> {
    let length = sound.len();
    let spread = |count: usize| (0..count).map(move |number| number * length / count);
    let cut = |at: usize| {
        (
            format!("cut to {at} of {length} bytes"),
            sound[..at].to_vec(),
        )
    };
    let mut blemished: Vec<_> = spread(12).skip(1).map(cut).collect();
    blemished.extend([length.saturating_sub(1), length.saturating_sub(8)].map(cut));
    // The first bytes are most often the ones with a meaning.
    for at in (0..length.min(64)).step_by(3).chain(spread(24)) {
        let mut flipped = sound.to_vec();
        flipped[at] ^= 1 << rng.u32(..8);
        blemished.push((format!("with another bit in byte {at}"), flipped));
    }
    blemished
}
