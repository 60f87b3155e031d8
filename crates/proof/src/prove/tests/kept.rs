//! What is kept between proofs, and what isn't.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Kept for Memory {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        self.0.lock().unwrap().insert(key.into(), bytes.into());
    }
}

impl Memory {
    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

async fn story(base: &[(&str, &str)], head: &[(&str, &str)]) -> (Story, Memory) {
    let memory = Memory::default();
    let mut story = Story::new(base, head, PYTEST).await;
    story.kept = Some(Box::new(memory.clone()));
    (story, memory)
}

#[tokio::test]
async fn a_second_proof_takes_the_base_over() {
    let (story, memory) = story(&[BUGGY, TESTS], &[FIXED]).await;
    let (first, logs, _) = story.prove().await.unwrap();
    assert_eq!((memory.len(), first.checks[0].base.cached), (1, false));
    let (second, logs_again, _) = story.prove().await.unwrap();
    assert!(second.checks[0].base.cached && !second.checks[0].head.cached);
    assert_eq!(shown(&first), shown(&second));
    let named = |logs: &[Log], name: &str| logs.iter().find(|log| log.name == name).cloned();
    assert_eq!(named(&logs, "test-base.log"), named(&logs_again, "test-base.log"));
    assert!(second.spent.iter().all(|spent| spent.step != "checks at base"), "{:?}", second.spent);
}

#[tokio::test]
async fn another_check_is_another_base() {
    let (mut story, memory) = story(&[BUGGY, TESTS], &[FIXED]).await;
    story.prove().await.unwrap();
    story.checks.push(Check { name: "lint".into(), command: "true".into() });
    let (evidence, ..) = story.prove().await.unwrap();
    assert!(!evidence.checks[0].base.cached && memory.len() == 2);
    // Bytes that aren't an entry are as if there were none.
    memory.0.lock().unwrap().values_mut().for_each(|bytes| *bytes = b"{}".to_vec());
    let (evidence, ..) = story.prove().await.unwrap();
    assert!(!evidence.checks[0].base.cached);
}

#[tokio::test]
async fn a_base_in_which_chance_had_a_part_is_not_kept() {
    let shared = tempfile::tempdir().unwrap();
    let mark = shared.path().join("ran");
    let flaky = format!(
        "import os\ndef test_flaky():\n    if os.path.exists('new'): return\n    \
         known = os.path.exists({mark:?})\n    open({mark:?}, 'w').close()\n    assert known\n",
        mark = mark.to_str().unwrap()
    );
    let (story, memory) = story(&[("test_f.py", &flaky)], &[("new", "x")]).await;
    let (evidence, ..) = story.prove().await.unwrap();
    assert_eq!(evidence.tests.flaky.len(), 1, "{}", shown(&evidence));
    assert_eq!(memory.len(), 0);
    let (evidence, ..) = story.prove().await.unwrap();
    assert!(!evidence.checks[0].base.cached);
    assert_eq!(memory.len(), 1, "it passed this time, and nothing differed");
}

#[tokio::test]
async fn a_base_that_did_not_end_by_itself_is_not_kept() {
    let memory = Memory::default();
    let mut story = Story::new(&[("a", "600")], &[("a", "0")], "sleep $(cat a)").await;
    story.time = Duration::from_secs(2);
    story.kept = Some(Box::new(memory.clone()));
    story.prove().await.unwrap();
    assert_eq!(memory.len(), 0);
}
