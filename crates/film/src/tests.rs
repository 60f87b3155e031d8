use std::path::Path;

use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::boxes::SampleEntry;
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

/// Pictures to look at, in `target/film-frames`: three of each scene of each story.
#[test]
fn every_scene_of_every_story_can_be_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/film-frames");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, story) in stories() {
        let mut fonts = Fonts::new();
        let plan = Plan::new(&story, &mut fonts);
        for (index, part) in plan.parts.iter().enumerate() {
            for third in 1..=3 {
                let frame = (part.frames - 8) * third / 3;
                let still = poster::still(&plan, (index, frame), &mut fonts).unwrap();
                assert!(still.starts_with(&[0xff, 0xd8]), "{name}: no JPEG");
                std::fs::write(folder.join(format!("{name}-{index}-{third}.jpg")), still).unwrap();
            }
        }
    }
}

/// The whole of a film's file, read by who reads files.
#[test]
fn a_film_is_a_file_that_every_phone_plays() {
    let story = samples::fix();
    let film = render(&story).unwrap();
    let boxes = boxes(&film.mp4);
    let order: Vec<&str> =
        boxes.iter().map(String::as_str).filter(|name| *name != "free").collect();
    assert_eq!(order, ["ftyp", "moov", "mdat"]);
    assert!(film.mp4.len() < 3 * 1024 * 1024, "{} bytes", film.mp4.len());

    let samples = samples_of(&film.mp4);
    assert_eq!(samples.len() as u32, film.frames);
    assert!(samples.iter().all(|sample| sample.duration == 1));
    let keys = samples.iter().filter(|sample| sample.is_key).count();
    let plan = Plan::new(&story, &mut Fonts::new());
    assert_eq!(keys, plan.parts.len(), "a scene begins with a picture of its own");
    assert!(samples[0].is_key);
    assert_eq!(samples.last().unwrap().range.end, film.mp4.len());
}

struct Stored {
    duration: u32,
    is_key: bool,
    range: std::ops::Range<usize>,
}

/// Names of the outermost boxes, in their order (ISO/IEC 14496-12, section 4.2).
fn boxes(mp4: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = 0;
    while at < mp4.len() {
        let size = u32::from_be_bytes(mp4[at..at + 4].try_into().unwrap());
        let long = || u64::from_be_bytes(mp4[at + 8..at + 16].try_into().unwrap());
        let size = if size == 1 { long() } else { u64::from(size) };
        names.push(String::from_utf8_lossy(&mp4[at + 4..at + 8]).into_owned());
        at += usize::try_from(size).unwrap();
    }
    names
}

fn samples_of(mp4: &[u8]) -> Vec<Stored> {
    let mut demuxer = Mp4FileDemuxer::new();
    demuxer.handle_input(Input { position: 0, data: mp4 });
    let tracks = demuxer.tracks().unwrap();
    assert_eq!((tracks.len(), tracks[0].kind), (1, TrackKind::Video));
    assert_eq!(tracks[0].timescale.get(), FRAMES_PER_SECOND);
    let mut samples = Vec::new();
    while let Some(sample) = demuxer.next_sample().unwrap() {
        if let Some(SampleEntry::Avc1(entry)) = sample.sample_entry {
            assert_eq!((entry.visual.width, entry.visual.height), (720, 1280));
            let about = &entry.avcc_box;
            assert_eq!(about.avc_profile_indication, 66, "baseline");
            assert_ne!(about.profile_compatibility & 0x40, 0, "constrained");
            assert_eq!(about.avc_level_indication, 31);
            assert_eq!((about.sps_list.len(), about.pps_list.len()), (1, 1));
        }
        let start = usize::try_from(sample.data_offset).unwrap();
        samples.push(Stored {
            duration: sample.duration,
            is_key: sample.keyframe,
            range: start..start + sample.data_size,
        });
    }
    samples
}

/// What a player shows is what was drawn: some pixels of frames all over the film, within what
/// compression loses.
#[test]
fn decoded_frames_look_as_they_were_drawn() {
    let mut fonts = Fonts::new();
    let plan = Plan::new(&samples::fix(), &mut fonts);
    let video = video::encode(&plan).unwrap();
    let mut decoder = Decoder::new().unwrap();
    decoder.decode(&started(&[&video.sequence, &video.picture])).unwrap();
    let mut compared = 0;
    for (index, part) in plan.parts.iter().enumerate() {
        let mut picture = picture::Picture::new();
        for frame in 0..part.frames {
            let sample = &video.samples[(part.start + frame) as usize];
            let decoded = decoder.decode(&started(&units(&sample.bytes))).unwrap().unwrap();
            if frame % 25 != 20 {
                continue;
            }
            picture.show(plan.compose(index, frame), &mut fonts);
            let (stride, ..) = decoded.strides();
            for (x, y) in [(60, 91), (360, 400), (120, 520), (300, 620), (360, 1_000), (10, 1_270)]
            {
                let (drawn, shown) = (picture.planes.y[y * 720 + x], decoded.y()[y * stride + x]);
                let apart = drawn.abs_diff(shown);
                assert!(apart <= 24, "frame {frame} of {index} at {x}, {y}: {drawn} is {shown}");
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "only {compared} pixels were compared");
}

/// Units as they are sent, each after a start code.
fn started(units: &[impl AsRef<[u8]>]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], unit.as_ref()].concat()).collect()
}

/// Units as they are stored, each after its length.
fn units(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut units = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        units.push(rest[..length].to_owned());
        bytes = &rest[length..];
    }
    units
}

#[test]
fn the_same_story_is_the_same_film_byte_for_byte() {
    let story = samples::docs();
    let film = render(&story).unwrap();
    assert!(film == render(&story).unwrap());
    let (poster, captions) = stills(&story).unwrap();
    assert!(film.poster == poster && film.vtt == captions);
}

/// Whatever it tells, it can be made, and lasts no shorter and no longer than a film may.
#[test]
fn every_story_is_a_film_of_eight_to_twenty_seconds() {
    for (name, story) in stories() {
        let plan = Plan::new(&story, &mut Fonts::new());
        let seconds = plan.frames() as f32 / FRAMES_PER_SECOND as f32;
        assert!((8.0..=20.0).contains(&seconds), "{name} lasts {seconds} s");
    }
    let film = render(&samples::hostile()).unwrap();
    assert_eq!(samples_of(&film.mp4).len() as u32, film.frames);
    assert_eq!(u64::from(film.frames) * 1_000 / 30, film.duration_ms);
}

/// Nothing is ever painted beside the picture's margins, under a phone's clock, or where the feed
/// writes.
#[test]
fn nothing_is_drawn_where_others_draw() {
    for (name, story) in stories() {
        let mut fonts = Fonts::new();
        let plan = Plan::new(&story, &mut fonts);
        for (index, part) in plan.parts.iter().enumerate() {
            let mut picture = picture::Picture::new();
            for frame in (0..part.frames).step_by(41) {
                picture.show(plan.compose(index, frame), &mut fonts);
                let rgb = picture.rgb();
                let is_ink =
                    |x: usize, y: usize| rgb[(y * 720 + x) * 3..][..3] != [0x0c, 0x0c, 0x13];
                let rows = (0..80).chain(1_060..1_280);
                let above_and_below = rows.flat_map(|y| (0..720).map(move |x| (x, y)));
                let beside = (0..1_280).flat_map(|y| (0..44).chain(676..720).map(move |x| (x, y)));
                let painted = above_and_below.chain(beside).find(|(x, y)| is_ink(*x, *y));
                assert_eq!(painted, None, "{name}, scene {index}, frame {frame}");
            }
        }
    }
}

#[test]
fn captions_are_webvtt_from_the_first_frame_to_the_last() {
    let (_, captions) = stills(&samples::docs()).unwrap();
    expect_test::expect![[r#"
        WEBVTT

        1
        00:00:00.000 --> 00:00:02.400
        The task, as it was asked
        Say `python -m pip` in the README

        2
        00:00:02.400 --> 00:00:05.566
        The change in README.md
        − pip install lilt
        + python -m pip install lilt

        3
        00:00:05.566 --> 00:00:07.166
        In numbers
        lines +1 −1 · risk low

        4
        00:00:07.166 --> 00:00:09.566
        Swipe right: merge. Left: reject.
        Say `python -m pip` in the README
        Merge it?
    "#]]
    .assert_eq(&captions);
    let (_, captions) = stills(&samples::hostile()).unwrap();
    assert!(!captions.contains('\u{202e}') && !captions.contains("<script"), "{captions}");
    assert_eq!(captions.matches(" --> ").count(), captions.matches("-->").count());
}
