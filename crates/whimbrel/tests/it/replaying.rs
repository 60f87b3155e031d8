//! An attempt is run again from its record: the same, or with the place where it departs.

use std::path::Path;
use std::process::Command;

use crate::scripted::{Scripted, finish, repair, shell};
use crate::watching::{log, shown};
use crate::world::must;

/// The world and an ended attempt of it.
fn recorded(turns: Vec<llm::fake::Turn>) -> (Scripted, String) {
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong");
    let id = ran.object()["attempts"][0]["id"].as_str().unwrap().to_owned();
    (world, id)
}

#[test]
fn the_same_is_the_same_without_a_model_and_stores_nothing() {
    let mut turns = repair();
    turns.insert(
        0,
        shell("ls; cat double.py; stat -c %s .. ; python3 -m unittest -q 2>&1 | tail -1"),
    );
    let (world, id) = recorded(turns);
    let before = (log(&world, &id).len(), shown(&world, &id));
    let ran = world.run(&["replay", &id]).exits(0);
    ran.says("same: 3 turns as recorded; finished: Multiply");
    assert_eq!(world.asked(), 3);
    assert_eq!((log(&world, &id).len(), shown(&world, &id)), before);
    let object = world.run(&["replay", "--json", &id]).exits(0).object();
    assert_eq!((&object["turns"], &object["turns_left"]), (&3.into(), &0.into()), "{object}");
    assert_eq!(world.computers().len(), 1, "the replay's computer is left");
}

#[test]
fn another_result_is_where_it_departs() {
    let unlike = || shell("cat /proc/sys/kernel/random/uuid");
    let (world, id) = recorded(vec![shell("ls"), unlike(), unlike(), finish("No", "No.")]);
    let ran = world.run(&["replay", &id]).exits(8);
    let ran = ran.says("departs at").says("not asked for");
    assert_eq!(ran.stdout.matches("departs at").count(), 1, "{ran}");
    let ran = world.run(&["replay", "--keep-going", &id]).exits(8);
    assert_eq!(ran.stdout.matches("departs at").count(), 2, "{ran}");
    let object = world.run(&["replay", "--json", &id]).exits(8).object();
    assert_eq!(object["departures"].as_array().unwrap().len(), 1, "{object:#}");
}

/// As another version of the agent would, which asks with other words.
#[test]
fn another_request_is_where_it_departs() {
    let (world, id) = recorded(repair());
    let record = world.home().join(format!("attempts/{id}/exchanges"));
    let edit = "for file in *.gz; do gzip -dc $file | sed 's/double is wrong/double is right/' \
                | gzip > edited && mv edited $file; done";
    run_in(&record, edit);
    let ran = world.run(&["replay", &id]).exits(8);
    ran.says("departs at").says("double is right").says("double is wrong");
}

#[expect(clippy::disallowed_methods, reason = "stories edit records with the usual programs")]
fn run_in(folder: &Path, script: &str) {
    must(Command::new("sh").args(["-ec", script]).current_dir(folder));
}

#[test]
fn what_has_no_record_or_began_in_the_middle_says_so() {
    let mut turns = repair();
    turns.extend([shell("echo '#' >> double.py"), finish("More", "More.")]);
    let (world, id) = recorded(turns);
    let task = id.split('.').next().unwrap();
    world.run(&["steer", task, "More", "--wait"]).exits(0);
    world.run(&["replay", &format!("{task}.2")]).exits(1).says("only attempts that began anew");

    let world = crate::world::World::new();
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let id = ran["attempts"][0]["id"].as_str().unwrap();
    world.run(&["replay", id]).exits(1).says("has asked no model");
}
