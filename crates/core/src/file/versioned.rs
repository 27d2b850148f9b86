//! Small JSON files that say which form they have: several versions of Adit may share a folder. One of a later form is
//! read as far as it can be understood and never written; one of an earlier form is brought up to date.
//!
//! A version keeps nothing of a file that it does not know. So whatever an earlier version would lose has to come with a
//! new form. `settings.json` and `profiles.json`, which people write by hand, keep what is not known by means of their own.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Seen, exclusively, keep_copy, save, see, set_aside};

/// What a file holds, as this version knows it.
pub(crate) trait Form: Serialize + DeserializeOwned {
    /// Which form it is.
    const VERSION: u64;

    /// Brings what an earlier version wrote into this form. `version` is that of the file; the first ones had none.
    fn from_earlier(_version: Option<u64>, value: Value) -> serde_json::Result<Self> {
        serde_json::from_value(value)
    }
}

/// What reading a file brought.
#[derive(Debug)]
pub(crate) enum Kept<T> {
    /// There is none yet.
    Absent,
    /// Its value.
    Value(T),
    /// A later version of Adit wrote it. Its value, as far as this one understands it.
    Later(Option<T>),
    /// It could not be understood and now lies here, so that nothing in it is lost.
    SetAside(PathBuf),
}

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
#[error("a later version of Adit wrote it")]
pub(super) struct LaterForm;

/// The file is of a later form: it is left alone.
pub(crate) fn later() -> io::Error {
    io::Error::other(LaterForm)
}

pub(crate) fn is_later(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<LaterForm>())
}

/// Which form a file says it has; none where it is absent, says nothing or cannot be understood.
pub(crate) fn version_of(path: &Path) -> io::Result<Option<u64>> {
    Ok(match see::<Value>(path)? {
        Seen::Value(value) => version(&value),
        Seen::Absent | Seen::Broken => None,
    })
}

fn version(value: &Value) -> Option<u64> {
    value.get("version").and_then(Value::as_u64)
}

/// Reads a file. One that cannot be understood is renamed to `<name>.broken`.
pub(crate) fn read<T: Form>(path: &Path) -> io::Result<Kept<T>> {
    Ok(match understood::<T>(path)? {
        Understood::Absent => Kept::Absent,
        Understood::Value(value) => Kept::Value(value),
        Understood::Later(value) => Kept::Later(value),
        Understood::Broken => Kept::SetAside(set_aside(path)?),
    })
}

/// Writes a file whole, in one step. What lies there and cannot be understood is kept beside it.
///
/// # Errors
/// [`later`] for one of a later form, and whatever keeps the file from being looked at or written: then it is as it was.
pub(crate) fn write<T: Form>(path: &Path, value: &T) -> io::Result<()> {
    match understood::<T>(path)? {
        Understood::Absent | Understood::Value(_) => {}
        Understood::Later(_) => return Err(later()),
        Understood::Broken => drop(keep_copy(path)?),
    }
    put(path, value)
}

/// Reads a file, changes its value and writes it, with no other process of ours in between. An absent one and one that
/// cannot be understood, which is set aside, begin anew. Writes nothing where `edit` gives [`Changed::No`].
///
/// # Errors
/// As [`write`].
pub(crate) fn change<T: Form + Default, R>(
    path: &Path,
    edit: impl FnOnce(&mut T) -> (R, Changed),
) -> io::Result<R> {
    exclusively(path, || {
        let mut value = match read(path)? {
            Kept::Value(value) => value,
            Kept::Absent | Kept::SetAside(_) => T::default(),
            Kept::Later(_) => return Err(later()),
        };
        let (result, changed) = edit(&mut value);
        match changed {
            Changed::Yes => put(path, &value)?,
            Changed::No => {}
        }
        Ok(result)
    })
}

/// Writes a file as [`write`] does. One that could not be read when it was to be (`unread`) is kept beside it the first
/// time: it may have held more than what is written now.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_over<T: Form>(path: &Path, unread: &AtomicBool, value: &T) -> io::Result<()> {
    if unread.load(Ordering::Relaxed) && path.exists() {
        keep_copy(path)?;
    }
    write(path, value)?;
    unread.store(false, Ordering::Relaxed);
    Ok(())
}

/// Whether something is different now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Yes,
    No,
}

enum Understood<T> {
    Absent,
    Value(T),
    Later(Option<T>),
    Broken,
}

fn understood<T: Form>(path: &Path) -> io::Result<Understood<T>> {
    let value = match see::<Value>(path)? {
        Seen::Absent => return Ok(Understood::Absent),
        Seen::Broken => return Ok(Understood::Broken),
        Seen::Value(value) => value,
    };
    let read = match version(&value) {
        Some(later) if later > T::VERSION => {
            return Ok(Understood::Later(serde_json::from_value(value).ok()));
        }
        Some(ours) if ours == T::VERSION => serde_json::from_value(value),
        earlier => T::from_earlier(earlier, value),
    };
    Ok(read.map_or(Understood::Broken, Understood::Value))
}

#[derive(Serialize)]
struct Written<'a, T> {
    version: u64,
    #[serde(flatten)]
    value: &'a T,
}

fn put<T: Form>(path: &Path, value: &T) -> io::Result<()> {
    save(path, &Written { version: T::VERSION, value })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use adit_contract::FailureCode;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// What a later version would write in place of `value`: the same with something new in it, or another thing altogether.
    pub(crate) fn later_forms(version: u64, value: &impl Serialize) -> [String; 2] {
        let mut grown = serde_json::to_value(value).unwrap();
        grown["version"] = version.into();
        grown["new"] = json!({"deep": [1]});
        let other = json!({"version": version, "all": "different"});
        [grown, other].map(|form| serde_json::to_string_pretty(&form).unwrap())
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Numbers {
        numbers: Vec<u8>,
    }

    impl Form for Numbers {
        const VERSION: u64 = 2;

        fn from_earlier(version: Option<u64>, value: Value) -> serde_json::Result<Self> {
            match version {
                // It was a bare list.
                None => serde_json::from_value(value).map(|numbers| Self { numbers }),
                Some(_) => serde_json::from_value(value),
            }
        }
    }

    fn numbers(numbers: &[u8]) -> Numbers {
        Numbers { numbers: numbers.to_vec() }
    }

    #[test]
    fn each_earlier_form_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.json");
        assert!(matches!(read::<Numbers>(&path).unwrap(), Kept::Absent));
        for earlier in ["[1,2]", r#"{"version":1,"numbers":[1,2]}"#] {
            fs::write(&path, earlier).unwrap();
            let Kept::Value(value) = read::<Numbers>(&path).unwrap() else { panic!("{earlier}") };
            assert_eq!(value, numbers(&[1, 2]));
            write(&path, &value).unwrap();
            let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(written, json!({"version": 2, "numbers": [1, 2]}));
        }
        let changed = change(&path, |all: &mut Numbers| (all.numbers.pop(), Changed::Yes)).unwrap();
        assert_eq!(changed, Some(2));
        change(&path, |all: &mut Numbers| (all.numbers.pop(), Changed::No)).unwrap();
        assert!(matches!(read::<Numbers>(&path).unwrap(), Kept::Value(value) if value == numbers(&[1])));
    }

    #[test]
    fn a_later_form_is_read_as_far_as_can_be_and_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.json");
        for (form, read_as) in later_forms(3, &numbers(&[7])).iter().zip([Some(numbers(&[7])), None]) {
            fs::write(&path, form).unwrap();
            let Kept::Later(value) = read::<Numbers>(&path).unwrap() else { panic!("{form}") };
            assert_eq!(value, read_as);
            let refused = [
                write(&path, &numbers(&[1])).unwrap_err(),
                change(&path, |all: &mut Numbers| (all.numbers.push(1), Changed::Yes)).unwrap_err(),
            ];
            for error in refused {
                assert!(is_later(&error), "{error}");
                let failure = crate::words::files::failure("It could not be written", &path, &error);
                assert_eq!(failure.code, FailureCode::File);
                assert!(failure.advice.contains("later version"), "{}", failure.advice);
            }
            assert_eq!(&fs::read_to_string(&path).unwrap(), form);
        }
    }

    #[test]
    fn what_somebody_broke_meanwhile_is_kept_when_it_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.json");
        for (content, kept) in [("{", "numbers.json.broken"), (r#"{"version":2}"#, "numbers.json.broken-2")] {
            fs::write(&path, content).unwrap();
            write(&path, &numbers(&[1])).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(kept)).unwrap(), content);
            assert!(matches!(read::<Numbers>(&path).unwrap(), Kept::Value(value) if value == numbers(&[1])));
        }
        fs::write(&path, "{").unwrap();
        change(&path, |all: &mut Numbers| (all.numbers.push(3), Changed::Yes)).unwrap();
        assert!(matches!(read::<Numbers>(&path).unwrap(), Kept::Value(value) if value == numbers(&[3])));
        assert!(folder.path().join("numbers.json.broken-3").exists());
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.json");
        fs::create_dir(&path).unwrap();
        write(&path, &numbers(&[1])).unwrap_err();
        assert!(path.is_dir());
    }
}
