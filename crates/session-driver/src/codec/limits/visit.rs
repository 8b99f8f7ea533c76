//! The limits around a `Visitor`, and around the sequences, maps and enums it is given.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Limited, Limits};

/// Who says how many elements there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// The bytes: each element must take some of them.
    Claimed,
    /// The type: some may take none.
    Known,
}

impl<'a> Limits<'a> {
    pub(super) fn claimed<X>(self, inner: X) -> Within<'a, X> {
        Within {
            inner,
            limits: self,
            length: Length::Claimed,
        }
    }

    pub(super) fn known<X>(self, inner: X) -> Within<'a, X> {
        Within {
            inner,
            limits: self,
            length: Length::Known,
        }
    }
}

/// A visitor, and the sequence or map it is given, with the limits inside.
pub(super) struct Within<'a, X> {
    inner: X,
    limits: Limits<'a>,
    length: Length,
}

impl<'a, X> Within<'a, X> {
    /// What a visitor is given, one level further in.
    fn inside<Y, E: Error>(&self, inner: Y) -> Result<Within<'a, Y>, E> {
        let limits = self.limits.inside().map_err(E::custom)?;
        Ok(Within {
            inner,
            limits,
            length: self.length,
        })
    }

    fn cap(&self, hint: Option<usize>) -> Option<usize> {
        hint.map(|claimed| claimed.min(self.limits.meter.length))
    }

    fn check_size<E: Error>(&self, before: usize) -> Result<(), E> {
        match self.length {
            Length::Claimed => self.limits.check_size(before).map_err(E::custom),
            Length::Known => Ok(()),
        }
    }
}

macro_rules! forward_visits {
    ($($method:ident($value:ty),)+) => {$(
        fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )+};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Within<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    forward_visits! {
        visit_bool(bool),
        visit_i8(i8),
        visit_i16(i16),
        visit_i32(i32),
        visit_i64(i64),
        visit_i128(i128),
        visit_u8(u8),
        visit_u16(u16),
        visit_u32(u32),
        visit_u64(u64),
        visit_u128(u128),
        visit_f32(f32),
        visit_f64(f64),
        visit_char(char),
        visit_str(&str),
        visit_borrowed_str(&'de str),
        visit_string(String),
        visit_bytes(&[u8]),
        visit_borrowed_bytes(&'de [u8]),
        visit_byte_buf(Vec<u8>),
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let limits = self.limits.inside().map_err(D::Error::custom)?;
        self.inner.visit_some(limits.around(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let limits = self.limits.inside().map_err(D::Error::custom)?;
        self.inner.visit_newtype_struct(limits.around(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        let elements = self.inside(elements)?;
        self.inner.visit_seq(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        let entries = self.inside(entries)?;
        self.inner.visit_map(Entries {
            before: entries.limits.met(),
            within: entries,
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        let limits = self.limits.inside().map_err(A::Error::custom)?;
        self.inner.visit_enum(limits.around(variant))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Within<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let before = self.limits.met();
        let element = self.inner.next_element_seed(self.limits.around(seed))?;
        if element.is_some() {
            self.check_size(before)?;
        }
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.cap(self.inner.size_hint())
    }
}

/// The entries of a map; a key may take no bytes if its value does.
struct Entries<'a, A> {
    within: Within<'a, A>,
    /// What was met before the entry that is being read.
    before: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.before = self.within.limits.met();
        self.within
            .inner
            .next_key_seed(self.within.limits.around(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self
            .within
            .inner
            .next_value_seed(self.within.limits.around(seed))?;
        self.within.check_size(self.before)?;
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        self.within.cap(self.within.inner.size_hint())
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Limited<'a, A> {
    type Error = A::Error;
    type Variant = Limited<'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (variant, content) = self.inner.variant_seed(self.limits.around(seed))?;
        Ok((variant, self.limits.around(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Limited<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(self.limits.around(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(length, self.limits.known(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner
            .struct_variant(fields, self.limits.known(visitor))
    }
}
