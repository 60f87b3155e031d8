//! Films of real changes: written by the command, made once, and refused in words.

use std::fs;

use crate::world::World;

#[test]
fn a_change_has_a_film_that_is_made_once() {
    let world = World::new();
    let repository = world.buggy("double");
    let ran = world.delegate(&repository, &["--agent", "mechanic"], "double(5) is 7, not 10");
    let task = ran.exits(0).object()["task"].as_str().unwrap().to_owned();
    let path = |name: &str| world.path().join(name);
    let (film, captions, poster) = (path("film.mp4"), path("film.vtt"), path("film.jpg"));
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let arguments = [
        "film".to_owned(),
        task.clone(),
        "-o".to_owned(),
        text(&film),
        "--vtt".to_owned(),
        text(&captions),
        "--poster".to_owned(),
        text(&poster),
        "--json".to_owned(),
    ];
    let made = world.run(&arguments).exits(0).object();
    let bytes = fs::read(&film).unwrap();
    assert_eq!(made["bytes"], bytes.len() as u64);
    assert_eq!(&bytes[4..8], b"ftyp", "an MP4 file begins with its type");
    let place = |name: &[u8]| bytes.windows(4).position(|four| four == name).unwrap();
    assert!(place(b"moov") < place(b"mdat"), "it plays while it loads");
    assert!(bytes.len() < 3 * 1024 * 1024, "{} bytes", bytes.len());
    assert!(fs::read(&poster).unwrap().starts_with(&[0xff, 0xd8]));
    let captions = fs::read_to_string(&captions).unwrap();
    for told in ["double(5) is 7, not 10", "test_double", "double.py", "Merge it?"] {
        assert!(captions.contains(told), "nothing of {told} in\n{captions}");
    }

    // Nothing but whole files is kept, and the second time they are what is given.
    let kept = |world: &World| {
        let folder = fs::read_dir(world.home().join("films")).unwrap();
        let mut names: Vec<_> = folder
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name(), entry.metadata().unwrap().modified().unwrap())
            })
            .collect();
        names.sort();
        names
    };
    let before = kept(&world);
    assert_eq!(before.len(), 3, "{before:?}");
    let again = world.run(&arguments).exits(0).object();
    assert_eq!(again["digest"], made["digest"]);
    assert_eq!(kept(&world), before);
    assert_eq!(fs::read(&film).unwrap(), bytes);

    let folder = text(&path("none/film.mp4"));
    world.run(&["film", &task, "-o", &folder]).exits(1).says("name another file with -o");
}

#[test]
fn what_changed_nothing_has_no_film() {
    let world = World::new();
    let repository = world.buggy("double");
    let ran =
        world.delegate(&repository, &["--agent", "mechanic:lint"], "Apply the linters' fixes");
    let task = ran.object()["task"].as_str().unwrap().to_owned();
    world.run(&["film", &task]).exits(1).says("there is no film of attempt");
}
