//! The scenes of a story, in the order of the telling.

mod answer;
mod asked;
mod cause;
mod change;
mod failing;
mod icon;
mod name;
mod numbers;
mod panel;
mod proof;
mod question;

use crate::font::Fonts;
use crate::scene::Scene;
use crate::story::Story;

/// What the story has nothing of has no scene.
pub fn of(story: &Story, fonts: &mut Fonts) -> Vec<Box<dyn Scene>> {
    let mut scenes: Vec<Box<dyn Scene>> = vec![Box::new(asked::Asked::new(story, fonts))];
    if let Some(failing) = &story.failing {
        scenes.push(Box::new(failing::FailingTest::new(failing, fonts)));
    }
    if let Some(cause) = story.cause.as_ref().filter(|cause| !cause.lines.is_empty()) {
        scenes.push(Box::new(cause::Place::new(cause, fonts)));
    }
    if let Some(answer) = &story.answer {
        scenes.push(Box::new(answer::Answer::new(answer, fonts)));
    }
    if let Some(change) = &story.change {
        scenes.push(Box::new(change::Typed::new(change, fonts)));
    }
    if let Some(proof) = &story.proof {
        scenes.push(Box::new(proof::Proven::new(proof, fonts)));
    }
    if !story.numbers.is_empty() {
        scenes.push(Box::new(numbers::Tiles::new(&story.numbers, fonts)));
    }
    if !story.question.text.is_empty() {
        scenes.push(Box::new(question::Asking::new(&story.question, fonts)));
    }
    scenes
}
