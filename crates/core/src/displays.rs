//! Which of the computer's displays a window fills.

use adit_contract::{DisplayInfo, Failure};

use crate::words::window as words;

/// A part of the computer's screen space, in physical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// The displays of these ids, each once.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for an id that none has, as of one that was
/// unplugged.
pub fn chosen(all: &[DisplayInfo], ids: &[u32]) -> Result<Vec<DisplayInfo>, Failure> {
    let mut chosen: Vec<DisplayInfo> = Vec::new();
    for id in ids {
        let found = all.iter().find(|display| display.id == *id).ok_or_else(words::display_gone)?;
        if !chosen.iter().any(|display| display.id == *id) {
            chosen.push(found.clone());
        }
    }
    Ok(chosen)
}

/// The area that one window covers on displays that lie side by side: as high as the lowest of them.
///
/// # Errors
/// [`FailureCode::NotSupported`](adit_contract::FailureCode::NotSupported) for displays with room between them, one
/// above the other, or in several rows.
pub fn span(displays: &[DisplayInfo]) -> Result<Area, Failure> {
    let mut sorted: Vec<&DisplayInfo> = displays.iter().collect();
    sorted.sort_by_key(|display| display.x);
    let edges = |display: &DisplayInfo| {
        let right = i32::try_from(display.width).ok().and_then(|width| display.x.checked_add(width));
        let bottom = i32::try_from(display.height).ok().and_then(|height| display.y.checked_add(height));
        right.zip(bottom).ok_or_else(words::displays_apart)
    };
    let (first, rest) = sorted.split_first().ok_or_else(words::displays_apart)?;
    let (mut right, mut bottom) = edges(first)?;
    let mut top = first.y;
    for display in rest {
        if display.x != right {
            return Err(words::displays_apart());
        }
        let (its_right, its_bottom) = edges(display)?;
        (right, top, bottom) = (its_right, top.max(display.y), bottom.min(its_bottom));
    }
    let length = |from: i32, to: i32| {
        to.checked_sub(from).and_then(|length| u32::try_from(length).ok()).filter(|length| *length > 0)
    };
    match (length(first.x, right), length(top, bottom)) {
        (Some(width), Some(height)) => Ok(Area { x: first.x, y: top, width, height }),
        _ => Err(words::displays_apart()),
    }
}

/// How much of a window has to be on a display so that it can be taken hold of, in physical pixels.
const WITHIN_REACH: (i64, i64) = (96, 32);

/// Where a window goes that nobody can reach, since its display is gone: to the first one's corner. `None` while enough
/// of it lies on a display.
#[must_use]
pub fn back_on_screen(window: Area, all: &[DisplayInfo]) -> Option<(i32, i32)> {
    let shared = |from: i32, length: u32, other: i32, others: u32| {
        let end = (i64::from(from) + i64::from(length)).min(i64::from(other) + i64::from(others));
        end - i64::from(from.max(other))
    };
    let reached = all.iter().any(|display| {
        let width = shared(window.x, window.width, display.x, display.width);
        let height = shared(window.y, window.height, display.y, display.height);
        width >= WITHIN_REACH.0.min(window.width.into()) && height >= WITHIN_REACH.1.min(window.height.into())
    });
    let first = all.first().filter(|_| !reached)?;
    Some((first.x, first.y))
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;

    fn display(id: u32, x: i32, y: i32, width: u32, height: u32) -> DisplayInfo {
        DisplayInfo { id, name: String::new(), x, y, width, height, scale: 1.0, current: id == 0 }
    }

    #[test]
    fn displays_side_by_side_are_covered_as_far_as_all_reach() {
        let left = display(0, -1920, 120, 1920, 1080);
        let right = display(1, 0, 0, 2560, 1440);
        let area = Area { x: -1920, y: 120, width: 4480, height: 1080 };
        assert_eq!(span(&[right.clone(), left.clone()]), Ok(area));
        assert_eq!(span(&[left]), Ok(Area { x: -1920, y: 120, width: 1920, height: 1080 }));
        for others in [
            vec![],
            vec![right.clone(), display(2, 2561, 0, 100, 100)],
            vec![right.clone(), display(2, 0, 1440, 2560, 1440)],
            vec![right.clone(), display(2, 2560, 1440, 100, 100)],
            vec![display(3, i32::MAX, 0, u32::MAX, 1), right],
        ] {
            assert_eq!(span(&others).unwrap_err().code, FailureCode::NotSupported, "{others:?}");
        }
    }

    #[test]
    fn a_window_whose_display_is_gone_comes_back() {
        let all = [display(0, 0, 0, 1920, 1080), display(1, 1920, 0, 1280, 1024)];
        let at = |x, y| Area { x, y, width: 1280, height: 800 };
        for reached in [at(0, 0), at(1800, 100), at(-1184, 0), at(3104, 992), at(-5, -768)] {
            assert_eq!(back_on_screen(reached, &all), None, "{reached:?}");
        }
        for lost in [at(3200, 0), at(-1185, 0), at(0, 1080), at(i32::MAX, i32::MIN)] {
            assert_eq!(back_on_screen(lost, &all), Some((0, 0)), "{lost:?}");
        }
        // With the second display gone, what was on it comes to the first.
        assert_eq!(back_on_screen(at(2000, 0), &all[..1]), Some((0, 0)));
        assert_eq!(back_on_screen(at(2000, 0), &[]), None);
    }

    #[test]
    fn a_display_that_is_gone_is_told_of() {
        let all = [display(0, 0, 0, 10, 10), display(1, 10, 0, 10, 10)];
        let ids =
            |ids: &[u32]| chosen(&all, ids).map(|found| found.iter().map(|one| one.id).collect::<Vec<_>>());
        assert_eq!(ids(&[]), Ok(vec![]));
        assert_eq!(ids(&[1, 0, 1]), Ok(vec![1, 0]));
        assert_eq!(ids(&[2]).unwrap_err().code, FailureCode::InvalidInput);
    }
}
