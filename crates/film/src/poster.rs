//! One frame as a JPEG, which is shown until the film plays.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::Error;
use crate::font::Fonts;
use crate::frame::PICTURE;
use crate::picture::Picture;
use crate::plan::Plan;

const QUALITY: u8 = 90;

/// The film's first frame.
pub fn jpeg(plan: &Plan, fonts: &mut Fonts) -> Result<Vec<u8>, Error> {
    still(plan, (0, 0), fonts)
}

/// The frame of that number of the part of that index.
pub fn still(plan: &Plan, at: (usize, u32), fonts: &mut Fonts) -> Result<Vec<u8>, Error> {
    let mut picture = Picture::new();
    picture.show(plan.compose(at.0, at.1), fonts);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    encoder.set_optimized_huffman_tables(true);
    let (width, height) = (PICTURE.0 as u16, PICTURE.1 as u16);
    encoder.encode(&picture.rgb(), width, height, ColorType::Rgb)?;
    Ok(bytes)
}
