use super::*;
use crate::inventory::model::{
    ListingOutcome,
    tests::{instance, project},
};

fn model() -> Model {
    let mut model = Model::default();
    model.begin();
    model.add_projects(
        "a",
        vec![project("acme-prod"), project("acme-dev"), project("empty"), project("secret")],
    );
    model.add_instances(
        "acme-prod",
        vec![instance("eu-b", "web-10"), instance("eu-b", "web-2"), instance("us-a", "db-1")],
    );
    model.add_instances("acme-dev", vec![instance("eu-b", "web-3")]);
    model.end_instances("acme-prod", vec!["us-f".to_owned()], None);
    model.end_instances("acme-dev", vec![], None);
    model.end_instances("empty", vec![], None);
    model.end_instances(
        "secret",
        vec![],
        Some((FailureCode::PermissionDenied, "You may not list VMs here".into())),
    );
    model.end(ListingOutcome::Complete);
    model
}

/// One line a row: indent, name, mark, detail, place among siblings, parent.
fn draw(tree: &Tree, model: &Model) -> Vec<String> {
    tree.window(model, 0, 500)
        .into_iter()
        .map(|row| {
            let mark = match row.expanded {
                Some(true) => "-",
                Some(false) => "+",
                None => "",
            };
            let count = row.count.map(|count| format!(" ({count})")).unwrap_or_default();
            let parent = row.parent.map(|parent| format!(" ^{parent}")).unwrap_or_default();
            let indent = "  ".repeat(row.depth as usize);
            format!("{indent}{mark}{}{count} {}/{}{parent}", row.name, row.position, row.set_size)
        })
        .collect()
}

#[test]
fn rows_follow_what_is_open() {
    let model = model();
    let mut tree = Tree::default();
    tree.rebuild(&model);
    assert_eq!(
        draw(&tree, &model),
        ["+acme-dev (1) 1/4", "+acme-prod (3) 2/4", "+empty (0) 3/4", "+secret 4/4"]
    );
    assert!(tree.toggle(&model, "p/acme-prod", Open::Yes, Reach::Row));
    assert!(!tree.toggle(&model, "p/acme-prod", Open::Yes, Reach::Row));
    assert!(tree.toggle(&model, "z/acme-prod/eu-b", Open::Yes, Reach::Row));
    assert!(tree.toggle(&model, "p/empty", Open::Yes, Reach::Row));
    assert!(tree.toggle(&model, "p/secret", Open::Yes, Reach::Row));
    tree.rebuild(&model);
    assert_eq!(
        draw(&tree, &model),
        [
            "+acme-dev (1) 1/4",
            "-acme-prod (3) 2/4",
            "  -eu-b (2) 1/3 ^1",
            "    web-2 1/2 ^2",
            "    web-10 2/2 ^2",
            "  +us-a (1) 2/3 ^1",
            "  us-f did not answer 3/3 ^1",
            "-empty (0) 3/4",
            "  No VMs in this project 1/1 ^7",
            "-secret 4/4",
            "  You may not list VMs here 1/1 ^9",
        ]
    );
    // A project, a zone and a VM have settings of their own; what only says something has none.
    let all = tree.window(&model, 0, 11);
    for (at, row) in all.iter().enumerate() {
        let named = row.scope.as_ref().map(crate::settings::called);
        let wanted = match at {
            2 => Some("acme-prod/eu-b".to_owned()),
            3 => Some("acme-prod/eu-b/web-2".to_owned()),
            4 => Some("acme-prod/eu-b/web-10".to_owned()),
            5 => Some("acme-prod/us-a".to_owned()),
            6 | 8 | 10 => None,
            _ => Some(row.name.clone()),
        };
        assert_eq!(named, wanted, "{}", row.name);
    }
    let rows = tree.window(&model, 9, 1);
    assert_eq!(
        (rows[0].detail.as_str(), rows[0].problem),
        ("no access", Some(FailureCode::PermissionDenied))
    );
    assert!(tree.window(&model, 11, 5).is_empty());
}

#[test]
fn siblings_open_together() {
    let model = model();
    let mut tree = Tree::default();
    assert!(tree.toggle(&model, "p/empty", Open::Yes, Reach::Siblings));
    assert!(tree.toggle(&model, "z/acme-prod/eu-b", Open::Yes, Reach::Siblings));
    tree.rebuild(&model);
    assert_eq!(tree.len(), 4 + 1 + (3 + 3) + 1 + 1);
    for unknown in ["p/nothing", "z/acme-prod/nowhere", "i/acme-prod/eu-b/web-2", "", "z/x"] {
        assert!(!tree.toggle(&model, unknown, Open::Yes, Reach::Row), "{unknown}");
    }
}

#[test]
fn a_filter_opens_what_it_leaves_and_gives_the_old_tree_back() {
    let model = model();
    let mut tree = Tree::default();
    tree.toggle(&model, "p/acme-dev", Open::Yes, Reach::Row);
    assert!(tree.set_filter(Filter::parse("web")));
    tree.rebuild(&model);
    let found = [
        "-acme-dev (1) 1/2",
        "  -eu-b (1) 1/1 ^0",
        "    web-3 1/1 ^1",
        "-acme-prod (2) 2/2",
        "  -eu-b (2) 1/1 ^3",
        "    web-2 1/2 ^4",
        "    web-10 2/2 ^4",
    ];
    assert_eq!(draw(&tree, &model), found);
    assert!(tree.toggle(&model, "p/acme-dev", Open::No, Reach::Row));
    tree.rebuild(&model);
    assert_eq!(tree.len(), 5);
    assert!(tree.set_filter(Filter::parse("empty")));
    tree.rebuild(&model);
    assert_eq!(draw(&tree, &model), ["-empty (0) 1/1"]);
    assert!(tree.set_filter(None));
    tree.rebuild(&model);
    assert_eq!(draw(&tree, &model)[..2], ["-acme-dev (1) 1/4", "  +eu-b (1) 1/1 ^0"]);
}

#[test]
fn typing_finds_the_next_row_and_goes_round() {
    let model = model();
    let mut tree = Tree::default();
    tree.toggle(&model, "p/acme-prod", Open::Yes, Reach::Row);
    tree.toggle(&model, "z/acme-prod/eu-b", Open::Yes, Reach::Row);
    tree.rebuild(&model);
    for (prefix, from, expected) in [
        ("web", 0, Some(3)),
        ("WEB", 4, Some(4)),
        ("web", 5, Some(3)),
        ("acme", 1, Some(1)),
        ("acme", 99, Some(0)),
        ("x", 0, None),
        ("", 0, None),
    ] {
        assert_eq!(tree.find(&model, prefix, from), expected, "{prefix} from {from}");
    }
}

#[test]
fn fifty_thousand_instances_are_one_tree() {
    let mut model = Model::default();
    model.begin();
    let projects = (0..50).map(|n| project(&format!("project-{n}"))).collect();
    model.add_projects("a", projects);
    for p in 0..50 {
        for page in 0..2 {
            let instances =
                (0..500).map(|n| instance(&format!("zone-{}", n % 5), &format!("vm-{page}-{n}"))).collect();
            model.add_instances(&format!("project-{p}"), instances);
        }
        model.end_instances(&format!("project-{p}"), vec![], None);
    }
    model.end(ListingOutcome::Complete);
    assert_eq!(model.instances(), 50_000);
    let mut tree = Tree::default();
    tree.toggle(&model, "p/project-0", Open::Yes, Reach::Siblings);
    for p in 0..50 {
        tree.toggle(&model, &format!("z/project-{p}/zone-0"), Open::Yes, Reach::Siblings);
    }
    tree.rebuild(&model);
    assert_eq!(tree.len(), 50 + 250 + 50_000);
    let last = tree.window(&model, tree.len() - 1, 500);
    assert_eq!(last.len(), 1);
    assert_eq!((last[0].name.as_str(), last[0].position, last[0].set_size), ("vm-1-499", 200, 200));
    tree.set_filter(Filter::parse("vm-1-499 project-49"));
    tree.rebuild(&model);
    assert_eq!(tree.len(), 3);
}

#[test]
fn favourites_stand_above_all_projects_also_those_that_are_not_listed() {
    let model = model();
    let mut tree = Tree::default();
    let vm = |project: &str, zone: &str, name: &str| InstanceRef {
        project: project.into(),
        zone: zone.into(),
        name: name.into(),
    };
    tree.set_favourites(vec![vm("acme-prod", "us-a", "db-1"), vm("elsewhere", "z", "gone")]);
    tree.rebuild(&model);
    assert_eq!(
        draw(&tree, &model)[..4],
        ["-Favourites (2) 1/5", "  db-1 1/2 ^0", "  gone 2/2 ^0", "+acme-dev (1) 2/5"]
    );
    let rows = tree.window(&model, 1, 2);
    assert!(rows.iter().all(|row| row.favourite && row.kind == RowKind::Instance));
    assert_eq!(rows[0].instance, Some(vm("acme-prod", "us-a", "db-1")));
    assert_eq!(rows[0].status, Some(InstanceStatus::Running));
    assert_eq!(rows[1].status, Some(InstanceStatus::Unknown));
    // The same VM has its star in its zone as well, under another id.
    tree.toggle(&model, "p/acme-prod", Open::Yes, Reach::Row);
    tree.toggle(&model, "z/acme-prod/us-a", Open::Yes, Reach::Row);
    tree.rebuild(&model);
    let all = tree.window(&model, 0, 500);
    let ids: Vec<&str> =
        all.iter().filter(|row| row.favourite && row.name == "db-1").map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["f/acme-prod/us-a/db-1", "i/acme-prod/us-a/db-1"]);

    assert!(tree.toggle(&model, "f", Open::No, Reach::Row));
    tree.rebuild(&model);
    assert_eq!(draw(&tree, &model)[..2], ["+Favourites (2) 1/5", "+acme-dev (1) 2/5"]);
    tree.set_filter(Filter::parse("web"));
    tree.rebuild(&model);
    assert!(tree.window(&model, 0, 500).iter().all(|row| row.kind != RowKind::Favourites));
    tree.set_filter(Filter::parse("db"));
    tree.rebuild(&model);
    assert_eq!(draw(&tree, &model)[..2], ["-Favourites (1) 1/2", "  db-1 1/1 ^0"]);
}
