//! Reads a history that was written as text.

use std::num::NonZeroUsize;
use std::str::{FromStr, SplitWhitespace};
use std::time::Duration;

use crate::call::{Call, Payload, Reply, Seen, When};
use crate::linearize::history::{Event, History};
use crate::linearize::text::{PROMISES, REFUSALS};
use crate::model::Promises;
use crate::subject::BoxError;

impl FromStr for History {
    type Err = BoxError;

    /// Reads what [`Display`](std::fmt::Display) writes: a line with what the driver promises, then one
    /// for each operation, in any order.
    fn from_str(text: &str) -> Result<History, BoxError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let promises = lines.next().ok_or("a history begins with its promises")?;
        let promises = promises_of(&mut Words::of(promises))?;
        let events = lines.map(|line| {
            let event = event_of(&mut Words::of(line));
            event.map_err(|error| BoxError::from(format!("{error} in the line {line:?}")))
        });
        let events = events.collect::<Result<Vec<Event>, BoxError>>()?;
        Ok(History::of(events, promises))
    }
}

fn promises_of(words: &mut Words<'_>) -> Result<Promises, BoxError> {
    words.expect("promises")?;
    let mut promises = Promises {
        atomic_rotate: false,
        rotate_keeps_version: false,
        readable_ids: false,
        native_expiry: false,
    };
    for word in &mut words.0 {
        let known = PROMISES.iter().find(|(name, _)| *name == word);
        let (_, place) = known.ok_or_else(|| format!("{word:?} is nothing to promise"))?;
        *place(&mut promises) = true;
    }
    Ok(promises)
}

fn event_of(words: &mut Words<'_>) -> Result<Event, BoxError> {
    let lane = words.number()?;
    let span = words.next()?;
    let (from, to) = span.split_once("..").ok_or("a span is from..to")?;
    let call = call_of(words)?;
    let answered = match to {
        "" => None,
        to => {
            words.expect("=>")?;
            Some((Duration::from_nanos(to.parse()?), reply_of(words)?))
        }
    };
    words.end()?;
    Ok(Event {
        lane,
        call,
        invoked: Duration::from_nanos(from.parse()?),
        answered,
    })
}

fn call_of(words: &mut Words<'_>) -> Result<Call, BoxError> {
    let verb = words.next()?;
    let mut named = || words.next().map(String::from);
    Ok(match verb {
        "retrieve" => Call::Retrieve {
            id: named()?,
            now: words.at()?,
        },
        "store" => Call::Store {
            id: named()?,
            payload: words.payload()?.ok_or("a store's payload is known")?,
            expires_at: words.until()?,
            when: words.when()?,
            now: words.at()?,
        },
        "touch" => Call::Touch {
            id: named()?,
            expires_at: words.until()?,
            now: words.at()?,
        },
        "remove" => Call::Remove {
            id: named()?,
            now: words.at()?,
        },
        "rotate" => Call::Rotate {
            from: named()?,
            to: named()?,
            now: words.at()?,
        },
        "traverse" => Call::Traverse { now: words.at()? },
        "sweep" => Call::Sweep {
            now: words.at()?,
            limit: words.limit()?,
        },
        other => return Err(format!("{other:?} is no operation").into()),
    })
}

fn reply_of(words: &mut Words<'_>) -> Result<Reply, BoxError> {
    Ok(match (words.next()?, words.peek()) {
        ("found", Some("none")) => {
            words.expect("none")?;
            Reply::Found(None)
        }
        ("found", _) => Reply::Found(Some(Seen {
            payload: words.payload()?,
            expires_at: words.until()?,
            version: words.version()?,
        })),
        ("stored", _) => Reply::Stored(words.number()?),
        ("was", _) => Reply::Was(words.number()?),
        ("rotated", Some("none")) => {
            words.expect("none")?;
            Reply::Rotated(None)
        }
        ("rotated", _) => Reply::Rotated(Some(words.number()?)),
        ("visited", _) => Reply::Visited(words.0.by_ref().map(String::from).collect()),
        ("swept", _) => Reply::Swept {
            removed: words.number()?,
            more: words.next()? == "more",
        },
        ("refused", _) => {
            let name = words.next()?;
            let known = REFUSALS.iter().find(|(known, _)| *known == name);
            let (_, refusal) = known.ok_or("no refusal of a history")?;
            Reply::Refused(*refusal, String::new())
        }
        (other, _) => return Err(format!("{other:?} is no answer").into()),
    })
}

/// The words of a line that are still to be read.
struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Words<'a> {
        Words(line.split_whitespace())
    }

    fn peek(&self) -> Option<&'a str> {
        self.0.clone().next()
    }

    fn next(&mut self) -> Result<&'a str, BoxError> {
        self.0.next().ok_or_else(|| "the line is too short".into())
    }

    fn expect(&mut self, word: &str) -> Result<(), BoxError> {
        match self.next()? {
            next if next == word => Ok(()),
            next => Err(format!("{next:?} where {word:?} was due").into()),
        }
    }

    fn end(&mut self) -> Result<(), BoxError> {
        match self.0.next() {
            Some(word) => Err(format!("{word:?} where the line should end").into()),
            None => Ok(()),
        }
    }

    fn number<T: FromStr<Err: Into<BoxError>>>(&mut self) -> Result<T, BoxError> {
        self.next()?.parse().map_err(Into::into)
    }

    fn at(&mut self) -> Result<i64, BoxError> {
        self.expect("at")?;
        self.number()
    }

    fn until(&mut self) -> Result<Option<i64>, BoxError> {
        self.expect("until")?;
        match self.next()? {
            "never" => Ok(None),
            deadline => Ok(Some(deadline.parse()?)),
        }
    }

    fn version(&mut self) -> Result<u64, BoxError> {
        self.expect("version")?;
        self.number()
    }

    fn when(&mut self) -> Result<When, BoxError> {
        self.expect("when")?;
        Ok(match self.next()? {
            "any" => When::Any,
            "absent" => When::Absent,
            "present" => When::Present,
            "version" => When::Version(self.number()?),
            other => return Err(format!("{other:?} is no precondition").into()),
        })
    }

    fn payload(&mut self) -> Result<Option<Payload>, BoxError> {
        let word = self.next()?;
        if word == "foreign" {
            return Ok(None);
        }
        let (mark, length) = word.split_once('x').ok_or("a payload is mark x length")?;
        Ok(Some(Payload::new(mark.parse()?, length.parse()?)))
    }

    fn limit(&mut self) -> Result<Option<NonZeroUsize>, BoxError> {
        if self.peek() != Some("limit") {
            return Ok(None);
        }
        self.expect("limit")?;
        self.number().map(Some)
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
