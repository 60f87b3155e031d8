//! The feed: with a finger, without a network, and with nothing but a keyboard.

use llm::fake::Turn;

use super::Site;
use crate::repository::Repository;
use crate::scripted::{Scripted, finish, shell};
use crate::watching::{shown, wait_for_task};

/// What is decided about each: the words of its task, by which its script is found, too.
const CARDS: [&str; 6] = ["approved", "undone", "rejected", "held", "offline", "hostile"];
const ZERO: &str = "\\n    def test_zero(self):\\n        self.assertEqual(double(0), 0)\\n";
/// Markup, and a character after which a reader sees the rest turned round.
const HOSTILE: &str = "<img src=x onerror=alert(1)> \u{202e}evil";

fn repair() -> Turn {
    shell("sed -i 's/x + 2/x * 2/' double.py")
}

fn script(card: &'static str) -> (&'static str, Vec<Turn>) {
    let title = match card {
        "hostile" => HOSTILE.to_owned(),
        card => format!("Multiply where it is {card}"),
    };
    let first = finish(&title, "Doubling is times two.");
    let more = shell(&format!("printf '{ZERO}' >> test_double.py"));
    (card, vec![repair(), first, more, finish("Cover zero", "Zero is covered.")])
}

/// A world with an open pull request for each card, and those repositories and tasks.
fn world() -> (Scripted, Vec<(Repository, String)>) {
    let world = Scripted::for_tasks(CARDS.map(script).into());
    let delegated = CARDS.map(|card| {
        let repository = world.buggy(card);
        let task = world.delegate_away(&repository, &[], &format!("double is wrong: {card}"));
        (repository, task)
    });
    delegated.iter().for_each(|(_, task)| wait_for_task(&world, task, "offered"));
    (world, delegated.into())
}

#[test]
fn the_feed_is_swiped_through() {
    let (world, delegated) = world();
    let site = Site::of(&world);
    let attempts: Vec<String> = delegated.iter().map(|(_, task)| format!("{task}.1")).collect();
    let facts: Vec<(&str, &str)> =
        CARDS.into_iter().zip(attempts.iter().map(String::as_str)).collect();

    site.plays("keys", &[("attempt", &attempts[1])]);
    site.plays("feed", &facts);

    let state = |card: &str| {
        let at = CARDS.iter().position(|known| *known == card).unwrap();
        let (repository, task) = &delegated[at];
        let repaired = repository.at("main", "double.py").contains("x * 2");
        (shown(&world, task)["state"].as_str().unwrap().to_owned(), repaired)
    };
    assert_eq!(state("approved"), ("merged".into(), true));
    assert_eq!(state("offline"), ("merged".into(), true));
    assert_eq!(state("rejected"), ("closed".into(), false));
    assert_eq!(state("undone"), ("offered".into(), false));
    assert_eq!(state("held"), ("offered".into(), false));
}
