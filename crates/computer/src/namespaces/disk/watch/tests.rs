use super::*;

const TOOK: Duration = Duration::from_millis(10);

struct Story {
    gauge: Gauge,
    now: Instant,
    free_bytes: u64,
}

impl Story {
    /// Of a computer that may have 100 MiB, on a disk of 100 GiB.
    fn begin() -> Self {
        let limits = Limits { disk_bytes: 100 * MIB, files: 1000, ..Limits::default() };
        let mut story =
            Self { gauge: Gauge::new(&limits), now: Instant::now(), free_bytes: 50 * GIB };
        assert_eq!(story.look(), Next::Measure);
        assert_eq!(story.measure(0), Next::Wait);
        story.later(Duration::from_secs(1));
        story
    }

    fn later(&mut self, time: Duration) {
        self.now += time;
    }

    fn space(&self) -> Space {
        Space { bytes: 100 * GIB, free_bytes: self.free_bytes, free_files: 1_000_000 }
    }

    fn look(&self) -> Next {
        self.gauge.look(self.space(), self.now)
    }

    fn measure(&mut self, bytes: u64) -> Next {
        let usage = Usage { bytes, files: 1, hides: false };
        self.gauge.measured(usage, self.space(), self.now, TOOK)
    }
}

#[test]
fn it_is_counted_only_when_it_may_have_too_much() {
    let mut story = Story::begin();
    story.free_bytes -= 99 * MIB;
    assert_eq!(story.look(), Next::Wait);
    story.free_bytes -= 2 * MIB;
    assert_eq!(story.look(), Next::Measure);
    // It was somebody else.
    assert_eq!(story.measure(MIB), Next::Wait);
    assert_eq!(story.look(), Next::Wait);
    story.later(MEASURE_EVERY + TOOK);
    assert_eq!(story.look(), Next::Measure);
}

#[test]
fn counting_takes_a_small_part_of_the_time() {
    let mut story = Story::begin();
    story.free_bytes -= 101 * MIB;
    assert_eq!(story.measure(MIB), Next::Wait);
    story.free_bytes -= 101 * MIB;
    assert_eq!(story.look(), Next::Wait);
    story.later(TOOK * MEASURE_SHARE);
    assert_eq!(story.look(), Next::Measure);
}

#[test]
fn one_that_was_stopped_is_stopped_again_only_when_it_grows() {
    let mut story = Story::begin();
    assert_eq!(story.measure(150 * MIB), Next::Stop);
    // Until all had ended, some went on writing.
    assert_eq!(story.look(), Next::Measure);
    assert_eq!(story.measure(160 * MIB), Next::Wait);
    story.later(Duration::from_secs(1));
    assert_eq!(story.look(), Next::Wait);
    assert_eq!(story.measure(160 * MIB), Next::Wait);
    assert_eq!(story.measure(162 * MIB), Next::Stop);
    assert_eq!(story.measure(10 * MIB), Next::Wait);
}

#[test]
fn stops_don_t_add_up_to_more_than_an_overshoot() {
    let mut story = Story::begin();
    assert_eq!(story.measure(GIB), Next::Stop);
    assert_eq!(story.measure(5 * GIB), Next::Stop);
    assert_eq!(story.measure(5 * GIB), Next::Stop);
    assert_eq!(story.measure(GIB), Next::Wait);
}

#[test]
fn one_that_hides_what_it_has_is_stopped_each_time() {
    let mut story = Story::begin();
    for _ in 0..3 {
        let usage = Usage { bytes: MIB, files: 1, hides: true };
        assert_eq!(story.gauge.measured(usage, story.space(), story.now, TOOK), Next::Stop);
    }
}

#[test]
fn a_full_disk_stops_who_grows_and_at_last_everybody() {
    let mut story = Story::begin();
    story.free_bytes = GIB - MIB;
    assert_eq!(story.look(), Next::Measure);
    assert_eq!(story.measure(0), Next::Wait);
    story.free_bytes -= MIB;
    assert_eq!(story.measure(MIB), Next::Stop);
    story.free_bytes = GIB / 2 - MIB;
    assert_eq!(story.measure(MIB), Next::Stop);
    // Nothing grows any more.
    assert_eq!(story.measure(MIB), Next::Wait);
}

#[test]
fn looks_are_rare_while_nothing_grows_and_there_is_much_left() {
    let limits = Limits { disk_bytes: 16 * GIB, ..Limits::default() };
    let gauge = Gauge::new(&limits);
    let space = |free_bytes| Space { bytes: 100 * GIB, free_bytes, free_files: 1_000_000 };
    let mut pause = LOOK_EVERY;
    for _ in 0..8 {
        pause = gauge.pause(pause, space(50 * GIB), space(50 * GIB - MIB));
    }
    assert_eq!(pause, LOOK_IDLE);
    assert_eq!(gauge.pause(pause, space(50 * GIB), space(49 * GIB)), LOOK_EVERY);
    // What is left could be gone before.
    assert_eq!(gauge.pause(pause, space(GIB), space(GIB)), LOOK_EVERY);
    let nearly = gauge.pause(pause, space(3 * GIB), space(3 * GIB));
    assert!(nearly > LOOK_EVERY && nearly <= Duration::from_secs(1), "{nearly:?}");
    let small = Gauge::new(&Limits { disk_bytes: 64 * MIB, ..limits });
    assert_eq!(small.pause(LOOK_EVERY, space(50 * GIB), space(50 * GIB)), LOOK_EVERY);
}
