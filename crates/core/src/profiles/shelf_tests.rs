use adit_contract::FailureCode;

use super::*;
use crate::profiles::tests::profile;

fn path(text: &str) -> Vec<String> {
    text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A shelf with profiles such as `Work/web`; their ids are their names.
fn shelf(profiles: &[&str]) -> Shelf {
    let mut shelf = Shelf::default();
    for text in profiles {
        let mut folder = path(text);
        let name = folder.pop().unwrap();
        shelf.make_folder(&folder).unwrap();
        let profile = Profile { folder, ..profile(&name) };
        shelf.profiles.push(Stored { id: name, profile, rest: Map::new(), within: Map::new() });
    }
    shelf
}

fn shown(shelf: &Shelf) -> Vec<String> {
    let whole = |stored: &Stored| {
        stored.profile.folder.iter().chain([&stored.id]).cloned().collect::<Vec<_>>().join("/")
    };
    shelf.profiles.iter().map(whole).collect()
}

fn folders(shelf: &Shelf) -> Vec<String> {
    shelf.folders.iter().map(|path| path.join("/")).collect()
}

fn ids(all: &[&str]) -> Vec<String> {
    all.iter().map(|id| (*id).to_owned()).collect()
}

fn code<T>(done: Result<T, Failure>) -> Option<FailureCode> {
    done.err().map(|failure| failure.code)
}

#[test]
fn profiles_are_put_before_another_or_at_a_folders_end_in_their_order() {
    let mut all = shelf(&["a", "Work/b", "c", "Work/d", "e"]);
    // The order of what is moved is that of the shelf, whatever that of the ids.
    all.arrange(&ids(&["e", "a"]), &path("Work"), Some("d")).unwrap();
    assert_eq!(shown(&all), ["Work/b", "c", "Work/a", "Work/e", "Work/d"]);
    all.arrange(&ids(&["b"]), &path("Work"), None).unwrap();
    assert_eq!(shown(&all), ["c", "Work/a", "Work/e", "Work/d", "Work/b"]);
    // Before one that goes along: before the next that stays.
    all.arrange(&ids(&["a", "e"]), &path("Work"), Some("a")).unwrap();
    assert_eq!(shown(&all), ["c", "Work/a", "Work/e", "Work/d", "Work/b"]);
    all.arrange(&ids(&["d"]), &path("New/Deep"), None).unwrap();
    assert_eq!(folders(&all), ["Work", "New", "New/Deep"]);
    let before = all.clone();
    assert_eq!(code(all.arrange(&ids(&["gone"]), &[], None)), Some(FailureCode::InvalidInput));
    assert_eq!(code(all.arrange(&ids(&["c"]), &[], Some("gone"))), Some(FailureCode::InvalidInput));
    assert_eq!(all, before);
}

#[test]
fn a_copy_stands_behind_its_original_and_starts_by_hand() {
    let mut all = shelf(&["a", "Work/b"]);
    all.profiles[1].profile.start = ProfileStart::AtLogin;
    all.profiles[1].rest.insert("icon".to_owned(), 1.into());
    let made = all.duplicate(&ids(&["b", "a"])).unwrap();
    let order: Vec<&str> = all.profiles.iter().map(|stored| stored.id.as_str()).collect();
    assert_eq!(order, ["a", &made[1], "b", &made[0]]);
    let copy = &all.profiles[3];
    assert_eq!((copy.profile.name.as_str(), copy.profile.start), ("b (copy)", ProfileStart::ByHand));
    assert_eq!(copy.rest, all.profiles[2].rest);
    let long = copied(&"n".repeat(80));
    assert_eq!(long.chars().count(), 80);
}

#[test]
fn folders_are_renamed_moved_and_taken_away_with_nothing_lost() {
    let mut all = shelf(&["Work/DB/a", "Work/b", "Home/DB/c", "d"]);
    let add = |path| ProfileFolderChange::Add { path };
    all.change_folder(add(path("Empty"))).unwrap();
    assert_eq!(folders(&all), ["Work", "Work/DB", "Home", "Home/DB", "Empty"]);
    assert_eq!(code(all.change_folder(add(path("Empty")))), Some(FailureCode::InvalidInput));
    assert_eq!(code(all.change_folder(add(Vec::new()))), Some(FailureCode::InvalidInput));

    let rename =
        |from: &str, name: &str| ProfileFolderChange::Rename { path: path(from), name: name.to_owned() };
    all.change_folder(rename("Work", " Office ")).unwrap();
    assert_eq!(shown(&all), ["Office/DB/a", "Office/b", "Home/DB/c", "d"]);
    assert_eq!(code(all.change_folder(rename("Office", "Home"))), Some(FailureCode::InvalidInput));
    assert_eq!(code(all.change_folder(rename("Gone", "x"))), Some(FailureCode::InvalidInput));

    let carry = |from: &str, into: &str| ProfileFolderChange::Move { path: path(from), into: path(into) };
    all.change_folder(carry("Office", "Home")).unwrap();
    assert_eq!(shown(&all), ["Home/Office/DB/a", "Home/Office/b", "Home/DB/c", "d"]);
    assert_eq!(folders(&all), ["Home", "Home/Office", "Home/Office/DB", "Home/DB", "Empty"]);
    for wrong in
        [carry("Home", "Home/Office"), carry("Home", " Home /Office"), carry("Home/DB", "Home/Office")]
    {
        assert_eq!(code(all.change_folder(wrong)), Some(FailureCode::InvalidInput));
    }

    // Two folders of the same name become one.
    all.change_folder(ProfileFolderChange::Remove { path: path("Home/Office") }).unwrap();
    assert_eq!(shown(&all), ["Home/DB/a", "Home/b", "Home/DB/c", "d"]);
    all.change_folder(ProfileFolderChange::Remove { path: path("Home") }).unwrap();
    assert_eq!(shown(&all), ["DB/a", "b", "DB/c", "d"]);
    assert_eq!(folders(&all), ["DB", "Empty"]);
}

#[test]
fn there_are_only_so_many_of_each() {
    let mut all = Shelf::default();
    all.add_all(&[], (0..MOST_PROFILES).map(|n| profile(&n.to_string())).collect()).unwrap();
    assert_eq!(code(all.save(None, profile("more"))), Some(FailureCode::InvalidInput));
    let first = all.profiles[0].id.clone();
    assert_eq!(code(all.duplicate(std::slice::from_ref(&first))), Some(FailureCode::InvalidInput));
    all.save(Some(&first), profile("changed")).unwrap();
    assert_eq!(all.get(&first).unwrap().name, "changed");

    for n in 0..MOST_FOLDERS {
        all.change_folder(ProfileFolderChange::Add { path: vec![n.to_string()] }).unwrap();
    }
    let more = ProfileFolderChange::Add { path: path("more") };
    assert_eq!(code(all.change_folder(more)), Some(FailureCode::InvalidInput));
    let inside = Profile { folder: path("more"), ..profile("x") };
    assert_eq!(code(all.save(Some(&first), inside)), Some(FailureCode::InvalidInput));
    assert!(all.free_folder("0").starts_with("0 "));

    let mut deep = shelf(&["1/2/3/4/5/6/7/8/a", "b/c/d"]);
    let deeper = ProfileFolderChange::Move { path: path("b"), into: path("1/2/3/4/5/6/7") };
    assert_eq!(code(deep.change_folder(deeper)), Some(FailureCode::InvalidInput));
}
