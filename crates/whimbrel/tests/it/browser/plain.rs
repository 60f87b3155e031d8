//! The pages of a browser whose scripts are switched off.

use std::time::Duration;

use super::Site;
use crate::scripted::{Scripted, finish, shell};

/// Time for somebody to say something to an agent at work.
const PAUSE: Duration = Duration::from_secs(6);

#[test]
fn every_page_works_without_a_script() {
    let world = Scripted::for_each(vec![
        shell("sed -i 's/x + 2/x * 2/' double.py").after(PAUSE),
        finish("Multiply", "Doubling is times two."),
    ]);
    let repository = world.buggy("double");
    let site = Site::of(&world);
    site.plays("plain", &[("repository", repository.path().to_str().unwrap())]);
    assert!(repository.at("main", "double.py").contains("x * 2"));
}
