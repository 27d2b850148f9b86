//! Three values: true, false, and "we do not know" (specification, section 8.1).

use std::ops::Not;

use serde::Serialize;

/// A truth value of Kleene's logic. `U` means that *we* do not know; it never collapses to false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Value {
    /// True.
    T,
    /// False.
    F,
    /// Not known.
    #[default]
    U,
}

impl Value {
    /// False if any is false, else unknown if any is, else true.
    #[must_use]
    pub fn all(values: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::T;
        for value in values {
            match value {
                Self::F => return Self::F,
                Self::U => result = Self::U,
                Self::T => {}
            }
        }
        result
    }

    /// True if any is true, else unknown if any is, else false.
    #[must_use]
    pub fn any(values: impl IntoIterator<Item = Self>) -> Self {
        !Self::all(values.into_iter().map(Self::not))
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// The value of something known.
    #[must_use]
    pub fn known(truth: bool) -> Self {
        if truth { Self::T } else { Self::F }
    }

    /// The value of something that may be unknown.
    #[must_use]
    pub fn from_option(truth: Option<bool>) -> Self {
        truth.map_or(Self::U, Self::known)
    }
}

impl Not for Value {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::T => Self::F,
            Self::F => Self::T,
            Self::U => Self::U,
        }
    }
}
