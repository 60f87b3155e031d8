//! Samples to an MP4 file, with what describes them before them, so that it plays while it loads.

use std::num::NonZeroU32;

use shiguredo_mp4::boxes::{Avc1Box, AvccBox, SampleEntry, VisualSampleEntryFields};
use shiguredo_mp4::mux::{
    Mp4FileMuxer, Mp4FileMuxerOptions, Sample, estimate_maximum_moov_box_size,
};
use shiguredo_mp4::{TrackKind, Uint};

use crate::frame::PICTURE;
use crate::video::Video;
use crate::{Error, FRAMES_PER_SECOND};

pub fn file(video: &Video) -> Result<Vec<u8>, Error> {
    let options = Mp4FileMuxerOptions {
        reserved_moov_box_size: estimate_maximum_moov_box_size(&[video.samples.len()]),
        ..Mp4FileMuxerOptions::default()
    };
    let mut muxer = Mp4FileMuxer::with_options(options)?;
    let mut file = muxer.initial_boxes_bytes().to_vec();
    let mut entry = Some(entry(video)?);
    for sample in &video.samples {
        let (data_offset, data_size) = (file.len() as u64, sample.bytes.len());
        file.extend(&sample.bytes);
        muxer.append_sample(&Sample {
            track_kind: TrackKind::Video,
            sample_entry: entry.take(),
            keyframe: sample.is_key,
            timescale: NonZeroU32::new(FRAMES_PER_SECOND).expect("there are frames in a second"),
            duration: 1,
            composition_time_offset: None,
            data_offset,
            data_size,
        })?;
    }
    let finished = muxer.finalize()?;
    for (offset, bytes) in finished.offset_and_bytes_pairs() {
        let start = offset as usize;
        if file.len() < start + bytes.len() {
            file.resize(start + bytes.len(), 0);
        }
        file[start..start + bytes.len()].copy_from_slice(bytes);
    }
    Ok(file)
}

fn entry(video: &Video) -> Result<SampleEntry, Error> {
    // Profile, constraints and level are the three bytes after the unit's head.
    let &[_, profile, constraints, level, ..] = video.sequence.as_slice() else {
        return Err(Error::Unequal);
    };
    let (width, height) = PICTURE;
    let visual = VisualSampleEntryFields {
        data_reference_index: VisualSampleEntryFields::DEFAULT_DATA_REFERENCE_INDEX,
        width: width as u16,
        height: height as u16,
        horizresolution: VisualSampleEntryFields::DEFAULT_HORIZRESOLUTION,
        vertresolution: VisualSampleEntryFields::DEFAULT_VERTRESOLUTION,
        frame_count: VisualSampleEntryFields::DEFAULT_FRAME_COUNT,
        compressorname: VisualSampleEntryFields::NULL_COMPRESSORNAME,
        depth: VisualSampleEntryFields::DEFAULT_DEPTH,
    };
    Ok(SampleEntry::Avc1(Avc1Box {
        visual,
        avcc_box: AvccBox {
            avc_profile_indication: profile,
            profile_compatibility: constraints,
            avc_level_indication: level,
            length_size_minus_one: Uint::new(3),
            sps_list: vec![video.sequence.clone()],
            pps_list: vec![video.picture.clone()],
            chroma_format: None,
            bit_depth_luma_minus8: None,
            bit_depth_chroma_minus8: None,
            sps_ext_list: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    }))
}
