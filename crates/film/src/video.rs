//! Frames to H.264: constrained baseline, which every phone plays, with every scene a group of
//! pictures of its own, so that scenes are encoded side by side.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use openh264::OpenH264API;
use openh264::encoder::{
    Complexity, EncodedBitStream, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Level,
    Profile, QpRange, RateControlMode, SpsPpsStrategy, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use crate::font::Fonts;
use crate::frame::PICTURE;
use crate::picture::Picture;
use crate::plan::Plan;
use crate::{Error, FRAMES_PER_SECOND};

/// How much may be lost: small letters stay sharp, and a film stays under a megabyte.
const QUANTIZER: u8 = 24;
const THREADS_MAX: usize = 4;

/// A frame, encoded: its units, each with its length before it.
pub struct Sample {
    pub bytes: Vec<u8>,
    pub is_key: bool,
}

/// All frames, and what decoders must know first.
pub struct Video {
    pub sequence: Vec<u8>,
    pub picture: Vec<u8>,
    pub samples: Vec<Sample>,
}

/// Encodes all parts. How many threads there are changes how long it takes and nothing else.
pub fn encode(plan: &Plan) -> Result<Video, Error> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = threads.min(THREADS_MAX).min(plan.parts.len());
    // The longest part first, so that no thread is left alone with it.
    let mut order: Vec<usize> = (0..plan.parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(plan.parts[*index].frames));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Video, Error>)>> = Mutex::default();
    let work = || {
        let mut fonts = Fonts::new();
        while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let part = encode_part(plan, *index, &mut fonts);
            done.lock().expect("nothing panics while it holds this").push((*index, part));
        }
    };
    std::thread::scope(|scope| {
        for _thread in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut parts = done.into_inner().expect("nothing panics while it holds this");
    parts.sort_by_key(|(index, _)| *index);
    join(parts.into_iter().map(|(_, part)| part))
}

fn join(parts: impl Iterator<Item = Result<Video, Error>>) -> Result<Video, Error> {
    let mut whole: Option<Video> = None;
    for part in parts {
        let part = part?;
        match &mut whole {
            None => whole = Some(part),
            Some(whole) if (&whole.sequence, &whole.picture) == (&part.sequence, &part.picture) => {
                whole.samples.extend(part.samples);
            }
            Some(_) => return Err(Error::Unequal),
        }
    }
    whole.ok_or(Error::Unequal)
}

fn encode_part(plan: &Plan, index: usize, fonts: &mut Fonts) -> Result<Video, Error> {
    let (width, height) = PICTURE;
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config())?;
    let mut picture = Picture::new();
    let mut video = Video { sequence: Vec::new(), picture: Vec::new(), samples: Vec::new() };
    for frame in 0..plan.parts[index].frames {
        picture.show(plan.compose(index, frame), fonts);
        let planes = &picture.planes;
        let strides = (width, width / 2, width / 2);
        let source = YUVSlices::new((&planes.y, &planes.u, &planes.v), PICTURE, strides);
        debug_assert_eq!(planes.y.len(), width * height);
        video.take(&encoder.encode(&source)?)?;
    }
    Ok(video)
}

/// Nothing that looks at a clock or at how fast it goes.
fn config() -> EncoderConfig {
    EncoderConfig::new()
        .usage_type(UsageType::CameraVideoRealTime)
        .profile(Profile::Baseline)
        .level(Level::Level_3_1)
        .complexity(Complexity::Low)
        .rate_control_mode(RateControlMode::Off)
        .qp(QpRange::new(QUANTIZER, QUANTIZER))
        .max_frame_rate(FrameRate::from_hz(FRAMES_PER_SECOND as f32))
        .intra_frame_period(IntraFramePeriod::auto())
        .sps_pps_strategy(SpsPpsStrategy::ConstantId)
        .skip_frames(false)
        .scene_change_detect(false)
        .adaptive_quantization(false)
        .background_detection(false)
        .num_threads(1)
        .vui(VuiConfig::bt709())
}

/// Kinds of units (ITU-T H.264, table 7-1).
const KEY_SLICE: u8 = 5;
const SEQUENCE_SET: u8 = 7;
const PICTURE_SET: u8 = 8;

impl Video {
    fn take(&mut self, frame: &EncodedBitStream<'_>) -> Result<(), Error> {
        let mut sample = Sample { bytes: Vec::new(), is_key: false };
        for layer in (0..frame.num_layers()).filter_map(|index| frame.layer(index)) {
            for unit in (0..layer.nal_count()).filter_map(|index| layer.nal_unit(index)) {
                let unit = without_start(unit);
                let Some(head) = unit.first() else { continue };
                match head & 31 {
                    SEQUENCE_SET => self.sequence = unit.to_owned(),
                    PICTURE_SET => self.picture = unit.to_owned(),
                    kind => {
                        sample.is_key |= kind == KEY_SLICE;
                        let length = u32::try_from(unit.len()).map_err(|_| Error::TooLong)?;
                        sample.bytes.extend(length.to_be_bytes());
                        sample.bytes.extend(unit);
                    }
                }
            }
        }
        // The encoder was told to skip none.
        if sample.bytes.is_empty() {
            return Err(Error::Skipped);
        }
        self.samples.push(sample);
        Ok(())
    }
}

/// A unit begins with two or three zeros and a one.
fn without_start(unit: &[u8]) -> &[u8] {
    let zeros = unit.iter().take_while(|byte| **byte == 0).count();
    unit.get(zeros + 1..).unwrap_or_default()
}
