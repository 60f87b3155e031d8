use std::path::Path;

use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::demux::{Input, Mp4FileDemuxer};

use super::*;
use crate::font::Fonts;
use crate::plan::Plan;
use crate::story::*;

mod samples;

/// Every kind of story, by name.
fn stories() -> Vec<(&'static str, Story)> {
    vec![
        ("fix", samples::fix()),
        ("docs", samples::docs()),
        ("answer", samples::answer()),
        ("huge", samples::huge()),
        ("hostile", samples::hostile()),
        ("bare", samples::bare()),
        ("broken", samples::broken()),
    ]
}

/// Pictures to look at, in `target/film-frames`: six of each scene of each story.
#[test]
fn every_scene_of_every_story_can_be_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/film-frames");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, story) in stories() {
        let mut fonts = Fonts::new();
        let plan = Plan::new(&story, &mut fonts);
        for (index, part) in plan.parts.iter().enumerate() {
            for sixth in 1..=6 {
                let frame = (part.frames - 8) * sixth / 6;
                let still = poster::still(&plan, (index, frame), &mut fonts).unwrap();
                assert!(still.starts_with(&[0xff, 0xd8]), "{name}: no JPEG");
                std::fs::write(folder.join(format!("{name}-{index}-{sixth}.jpg")), still).unwrap();
            }
        }
    }
}
