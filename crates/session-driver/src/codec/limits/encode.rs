//! The limits around a `Serializer`.

use std::fmt::Display;

use serde::ser::{Error, Serialize, Serializer};

use super::parts::Parts;
use super::{Format, Limited, Limits, Refused};

impl<T: Serialize + ?Sized> Serialize for Limited<'_, &T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(self.limits.around(serializer))
    }
}

/// Forwards the methods for values that take at least a byte.
macro_rules! forward_values {
    ($($method:ident($value:ty),)+) => {$(
        fn $method(self, value: $value) -> Result<S::Ok, S::Error> {
            self.limits.meter.meet();
            self.inner.$method(value)
        }
    )+};
}

impl<'a, S: Serializer> Serializer for Limited<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Parts<'a, S::SerializeSeq>;
    type SerializeTuple = Parts<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Parts<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Parts<'a, S::SerializeTupleVariant>;
    type SerializeMap = Parts<'a, S::SerializeMap>;
    type SerializeStruct = Parts<'a, S::SerializeStruct>;
    type SerializeStructVariant = Parts<'a, S::SerializeStructVariant>;

    forward_values! {
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_u128(u128),
        serialize_char(char),
        serialize_str(&str),
        serialize_bytes(&[u8]),
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.limits.float(value.is_finite())?;
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.limits.float(value.is_finite())?;
        self.inner.serialize_f64(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet();
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet();
        let limits = self.limits.inner()?;
        self.inner.serialize_some(&limits.around(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet_frame();
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet_frame();
        self.inner.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet();
        self.limits.inner::<S::Error>()?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let limits = self.limits.inner()?;
        self.inner
            .serialize_newtype_struct(name, &limits.around(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet();
        let limits = self.limits.inner()?;
        self.inner
            .serialize_newtype_variant(name, index, variant, &limits.around(value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.limits.meter.meet();
        let limits = self.limits.inner()?;
        Ok(Parts::new(limits, self.inner.serialize_seq(length)?))
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.limits.meter.meet_frame();
        let limits = self.limits.inner()?;
        Ok(Parts::new(limits, self.inner.serialize_tuple(length)?))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.limits.meter.meet_frame();
        let limits = self.limits.inner()?;
        Ok(Parts::new(
            limits,
            self.inner.serialize_tuple_struct(name, length)?,
        ))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.limits.meter.meet();
        let limits = self.limits.inner::<S::Error>()?.inner()?;
        Ok(Parts::new(
            limits,
            self.inner
                .serialize_tuple_variant(name, index, variant, length)?,
        ))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.limits.meter.meet();
        let limits = self.limits.inner()?;
        Ok(Parts::new(limits, self.inner.serialize_map(length)?))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        self.limits.meter.meet_frame();
        let limits = self.limits.inner()?;
        Ok(Parts::new(
            limits,
            self.inner.serialize_struct(name, length)?,
        ))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.limits.meter.meet();
        let limits = self.limits.inner::<S::Error>()?.inner()?;
        Ok(Parts::new(
            limits,
            self.inner
                .serialize_struct_variant(name, index, variant, length)?,
        ))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.limits.meter.meet();
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<'a> Limits<'a> {
    /// The limits one level further in.
    fn inner<E: Error>(self) -> Result<Limits<'a>, E> {
        self.inside().map_err(E::custom)
    }

    /// serde_json writes a number that is not finite as `null`, without a word.
    fn float<E: Error>(self, finite: bool) -> Result<(), E> {
        self.meter.meet();
        if finite || self.meter.format != Format::Json {
            Ok(())
        } else {
            Err(E::custom(Refused::NotFinite))
        }
    }
}
