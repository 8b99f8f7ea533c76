//! The limits around what a `Serializer` hands out for the parts of a value.

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};

use super::{Format, Limits, Refused};

/// The parts of a sequence, map, tuple or struct.
pub(in crate::codec) struct Parts<'a, X> {
    inner: X,
    limits: Limits<'a>,
    /// What was met before the entry that is being written.
    before: usize,
}

impl<'a, X> Parts<'a, X> {
    pub(super) fn new(limits: Limits<'a>, inner: X) -> Parts<'a, X> {
        let before = limits.met();
        Parts {
            inner,
            limits,
            before,
        }
    }
}

impl<X: SerializeSeq> SerializeSeq for Parts<'_, X> {
    type Ok = X::Ok;
    type Error = X::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), X::Error> {
        let before = self.limits.met();
        self.inner.serialize_element(&self.limits.around(value))?;
        self.limits.check_size(before).map_err(X::Error::custom)
    }

    fn end(self) -> Result<X::Ok, X::Error> {
        self.inner.end()
    }
}

impl<X: SerializeMap> SerializeMap for Parts<'_, X> {
    type Ok = X::Ok;
    type Error = X::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), X::Error> {
        self.before = self.limits.met();
        self.inner.serialize_key(&self.limits.around(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), X::Error> {
        self.inner.serialize_value(&self.limits.around(value))?;
        self.limits
            .check_size(self.before)
            .map_err(X::Error::custom)
    }

    fn end(self) -> Result<X::Ok, X::Error> {
        self.inner.end()
    }
}

/// The parts whose number the type knows: they may take no bytes.
macro_rules! forward_unnamed_parts {
    ($($part:ident::$method:ident,)+) => {$(
        impl<X: $part> $part for Parts<'_, X> {
            type Ok = X::Ok;
            type Error = X::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), X::Error> {
                self.inner.$method(&self.limits.around(value))
            }

            fn end(self) -> Result<X::Ok, X::Error> {
                self.inner.end()
            }
        }
    )+};
}

forward_unnamed_parts! {
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! forward_named_parts {
    ($($part:ident,)+) => {$(
        impl<X: $part> $part for Parts<'_, X> {
            type Ok = X::Ok;
            type Error = X::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), X::Error> {
                self.inner.serialize_field(key, &self.limits.around(value))
            }

            /// `skip_serializing_if` skipped: without names the next field would be read in its
            /// place.
            fn skip_field(&mut self, key: &'static str) -> Result<(), X::Error> {
                if self.limits.meter.format == Format::Bincode {
                    return Err(X::Error::custom(Refused::Skipped));
                }
                self.inner.skip_field(key)
            }

            fn end(self) -> Result<X::Ok, X::Error> {
                self.inner.end()
            }
        }
    )+};
}

forward_named_parts! {
    SerializeStruct,
    SerializeStructVariant,
}
