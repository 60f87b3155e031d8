//! What a person does with a pull request: look, merge, close; and what keeps a merge from being
//! made.

use std::fs;

use serde_json::Value;

use crate::repository::Repository;
use crate::world::{Ran, World};

/// True of the bug alone, so that it fails where the bug is repaired.
const TEST_OF_THE_BUG: &str = "\
import unittest

from double import double


class Known(unittest.TestCase):
    def test_known(self):
        self.assertEqual(double(3), 5)
";

/// A world in which one pull request repairs `double.py`.
struct Offer {
    world: World,
    repository: Repository,
    id: String,
    branch: String,
    head: String,
}

impl Offer {
    fn new() -> Self {
        Self::of(|repository| repository)
    }

    /// Delegates on what `place` makes of a repository with the bug.
    fn of(place: impl FnOnce(Repository) -> Repository) -> Self {
        let world = World::new();
        let repository = world.buggy("double");
        repository.write("notes.txt", "one\n").commit("Add notes");
        let repository = place(repository);
        let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();
        let text = |key: &str| object["pull_request"][key].as_str().unwrap().to_owned();
        let (id, branch, head) = (text("id"), text("branch"), text("head"));
        Self { world, repository, id, branch, head }
    }

    #[must_use = "say which exit code is right"]
    fn pr(&self, verb: &str) -> Ran {
        self.world.run(&["pr", verb, &self.id])
    }

    fn state(&self) -> Value {
        self.world.run(&["pr", "show", "--json", &self.id]).exits(0).object()["state"].clone()
    }

    fn tip(&self, branch: &str) -> String {
        self.repository.git(&["rev-parse", branch])
    }

    /// The merge is refused, with every part of `reasons`, and nothing at all has changed.
    #[track_caller]
    fn is_refused(&self, reasons: &[&str]) {
        let (files, main) = (self.repository.fingerprint(), self.tip("main"));
        let ran = self.pr("merge").exits(7);
        let _all_said = reasons.iter().fold(ran, |ran, reason| ran.says(reason));
        assert_eq!(self.repository.fingerprint(), files);
        assert_eq!(self.tip("main"), main);
        assert_eq!(self.tip(&self.branch), self.head);
        assert_eq!(self.state(), "open");
    }

    /// Main has the repair, as a merge of our head.
    #[track_caller]
    fn is_merged(&self) {
        assert_eq!(self.tip("main^2"), self.head);
        assert!(self.repository.at("main", "double.py").contains("* 2"));
        assert_eq!(self.state(), "merged");
    }
}

#[test]
fn a_pull_request_is_listed_and_shown_with_its_evidence() {
    let offer = Offer::new();
    let world = &offer.world;

    world.run(&["pr", "list"]).exits(0).says(&offer.id).says("open").says("main");
    let listed = world.run(&["pr", "list", "--json"]).exits(0).object();
    assert_eq!(listed["id"], offer.id.as_str());

    let shown = offer.pr("show").exits(0).says(&offer.branch).says("## Evidence");
    assert!(shown.stdout.contains("test_double.Double.test_ten"), "{shown}");
    let shown = world.run(&["pr", "show", "--json", &offer.branch]).exits(0).object();
    assert_eq!(shown["head"], offer.head.as_str());
    let body = shown["body"].as_str().unwrap();
    for part in ["Fixed", "`test_double.Double.test_ten`", "> double is wrong", "agent: mechanic"] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }

    let diff = offer.pr("diff").exits(0).stdout;
    assert_eq!(
        diff.trim_end(),
        offer.repository.git(&["diff", "--full-index", "main", &offer.branch])
    );
    let object = world.run(&["pr", "diff", "--json", &offer.id]).exits(0).object();
    assert_eq!(object["diff"], diff.as_str());
}

#[test]
fn a_world_without_pull_requests_says_so() {
    let world = World::new();
    world.run(&["pr", "list"]).exits(0).says("No pull requests yet");
    assert_eq!(world.run(&["pr", "list", "--json"]).exits(0).stdout, "");
    world.run(&["pr", "show", "nothere1"]).exits(1).says("whimbrel list");
    let told = world.run(&["pr", "merge", "--json", "nothere1"]).exits(1).object();
    assert!(told["error"].as_str().unwrap().contains("nothere1"), "{told}");
}

#[test]
fn a_checked_out_base_is_brought_along_and_its_other_files_stay() {
    let offer = Offer::new();
    offer.repository.write("notes.txt", "one\nuncommitted\n").write("new.txt", "untracked\n");

    offer.world.run(&["pr", "merge", &offer.branch]).exits(0).says("Merged into main");

    offer.is_merged();
    let status = offer.repository.git(&["status", "--porcelain"]);
    assert_eq!(status, " M notes.txt\n?? new.txt");
    let code = fs::read_to_string(offer.repository.path().join("double.py")).unwrap();
    assert!(code.contains("* 2"), "{code}");
}

#[test]
fn a_file_that_was_only_touched_is_not_in_the_way() {
    let offer = Offer::new();
    let file = fs::File::options().append(true).open(offer.repository.path().join("double.py"));
    file.unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    offer.pr("merge").exits(0);
    offer.is_merged();
}

#[test]
fn a_base_that_is_not_checked_out_moves_and_no_file_does() {
    let offer = Offer::new();
    offer.repository.git(&["switch", "-q", "-c", "elsewhere"]);
    let merged = offer.world.run(&["pr", "merge", "--json", &offer.id]).exits(0).object();
    assert_eq!(merged["commit"], offer.tip("main").as_str());
    offer.is_merged();
    assert_eq!(offer.repository.git(&["status", "--porcelain"]), "");
    let code = fs::read_to_string(offer.repository.path().join("double.py")).unwrap();
    assert!(code.contains("x + 2"), "{code}");
}

#[test]
fn a_bare_repository_is_merged_into_as_well() {
    let offer = Offer::of(|repository| repository.bare_clone("double.git"));
    offer.pr("merge").exits(0);
    offer.is_merged();
}

#[test]
fn a_base_that_moved_without_effect_is_merged_after_its_checks_ran_again() {
    let offer = Offer::new();
    offer.repository.write("notes.txt", "one\ntwo\n").commit("Add a note");
    offer.pr("merge").exits(0).says("running the checks on the merge");
    offer.is_merged();
    assert_eq!(offer.repository.at("main", "notes.txt"), "one\ntwo");
}

#[test]
fn a_base_that_moved_so_that_the_merge_fails_is_refused_with_the_test() {
    let offer = Offer::new();
    offer.repository.write("test_known.py", TEST_OF_THE_BUG).commit("Rely on the bug");
    offer.is_refused(&["main has moved", "test_known.Known.test_known"]);
}

#[test]
fn a_conflict_is_refused_with_its_files() {
    let offer = Offer::new();
    let other = "def double(x):\n    return x + x\n";
    offer.repository.write("double.py", other).commit("Repair it otherwise");
    offer.is_refused(&["conflicts", "double.py"]);
}

#[test]
fn uncommitted_changes_in_the_way_are_refused_and_kept() {
    let offer = Offer::new();
    offer.repository.write("double.py", "# my own try\n");
    offer.is_refused(&["uncommitted", "checked out"]);
}

#[test]
fn what_is_merged_or_closed_stays_so() {
    let merged = Offer::new();
    merged.pr("merge").exits(0);
    let main = merged.tip("main");
    merged.pr("merge").exits(1).says("merged");
    merged.pr("close").exits(1).says("merged");
    assert_eq!(merged.tip("main"), main);
    let task = merged.world.run(&["show", "--json", &merged.id]).exits(0).object();
    assert_eq!(task["state"], "merged");

    let closed = Offer::new();
    closed.world.run(&["pr", "close", &closed.id, "--reason", "not now"]).exits(0);
    assert_eq!(closed.repository.whimbrel_branches(), [] as [&str; 0]);
    closed.pr("merge").exits(1).says("closed");
    closed.pr("close").exits(1).says("closed");
    closed.world.run(&["show", &closed.id]).exits(0).says("closed: not now");
    assert_eq!(closed.repository.git(&["log", "--format=%s", "main"]), "Add notes\nAdd double");
}

#[test]
fn a_branch_that_somebody_added_to_is_not_deleted() {
    let offer = Offer::new();
    offer.repository.git(&["switch", "-q", &offer.branch]);
    offer.repository.write("mine.txt", "mine\n").commit("My own addition");
    offer.repository.git(&["switch", "-q", "main"]);
    let added = offer.tip(&offer.branch);

    offer.pr("close").exits(1).says(&offer.branch);

    assert_eq!(offer.tip(&offer.branch), added);
    assert_eq!(offer.state(), "open");
}

#[test]
fn a_branch_that_somebody_deleted_can_be_merged_and_closed_all_the_same() {
    let merged = Offer::new();
    merged.repository.git(&["branch", "-q", "-D", &merged.branch]);
    merged.pr("merge").exits(0);
    merged.is_merged();

    let closed = Offer::new();
    closed.repository.git(&["branch", "-q", "-D", &closed.branch]);
    closed.pr("close").exits(0);
    assert_eq!(closed.state(), "closed");
}

#[test]
fn what_was_merged_by_hand_is_seen_to_be_merged() {
    let offer = Offer::new();
    offer.repository.git(&["merge", "-q", "--no-ff", &offer.branch]);
    let main = offer.tip("main");
    offer.pr("merge").exits(0);
    assert_eq!(offer.tip("main"), main);
    offer.is_merged();
}

/// Hooks run programs, and so do filters: the first don't run, and where the second would have
/// to, the merge into a work tree is left to its owner.
#[test]
fn a_merge_runs_neither_hooks_nor_filters() {
    let offer = Offer::new();
    let sprung = offer.repository.trap_hooks();
    offer.pr("merge").exits(0);
    offer.is_merged();
    assert!(!sprung.exists(), "a hook ran: {}", fs::read_to_string(&sprung).unwrap());

    let offer = Offer::new();
    let trap = format!("touch '{}'; cat", offer.world.path().join("filtered").display());
    for setting in ["filter.trap.clean", "filter.trap.smudge"] {
        offer.repository.git(&["config", setting, &trap]);
    }
    offer.is_refused(&["filters", "merge --ff-only"]);
    offer.repository.git(&["switch", "-q", "-c", "elsewhere"]);
    offer.pr("merge").exits(0);
    offer.is_merged();
    assert!(!offer.world.path().join("filtered").exists(), "a filter ran");
}
