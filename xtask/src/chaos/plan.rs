//! What a seed does, and when. Pure.

use std::fmt;

use super::random::Random;

/// A blow comes up to so many microseconds after its moment.
const LATE_US_MAX: u64 = 25_000;
const BLOWS: (u64, u64) = (2, 5);
/// One of so many seeds has a small disk that is full for a while.
const DISK_EVERY: u64 = 4;
/// A disk is full for so long, in milliseconds.
const FULL_MS: (u64, u64) = (300, 1_500);

#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// 0 for the undisturbed run.
    pub seed: u64,
    pub attempts: u32,
    /// The home is on a small disk of its own.
    pub small_disk: bool,
    pub blows: Vec<Blow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blow {
    pub when: Moment,
    /// Microseconds after the moment.
    pub late_us: u64,
    pub act: Act,
    pub then: Then,
}

/// Counted over all attempts of the task, from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// So long after the last blow, in milliseconds.
    After(u64),
    Taken(usize),
    Forked(usize),
    /// A model's call is under way.
    Asked(usize),
    Turn(usize),
    /// A tool's call is under way.
    Calling(usize),
    Reported(usize),
    /// The bundle is there, and nothing says so.
    Bundled(usize),
    Harvested(usize),
    Proving(usize),
    Checked(usize),
    Ended(usize),
    Decided,
    /// The branch is there.
    Branched,
    Offered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    Runner,
    Runners,
    Engine,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Kill(Victim),
    /// Stopped where it stands, and killed so much later, in microseconds.
    StopAndKill(Victim, u64),
    /// Killed again and again, with so many microseconds between.
    Burst(Victim, u32, u64),
    /// A runner is stopped, loses its lease as if it had been silent for too long, and is woken.
    Depose,
    /// The disk is full for so many milliseconds; in the middle of it somebody may be killed.
    Fill(u64, Option<Victim>),
}

/// What a person does after the blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing, unless nobody else is left.
    Nothing,
    List,
    Show,
    /// An engine of their own, in the foreground.
    Serve,
}

impl Plan {
    pub fn calm() -> Self {
        Self { seed: 0, attempts: 3, small_disk: false, blows: Vec::new() }
    }

    pub fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let small_disk = seed.is_multiple_of(DISK_EVERY);
        let (fewest, most) = BLOWS;
        let count = random.between(fewest, most);
        let mut blows: Vec<Blow> = (0..count).map(|_| blow(&mut random)).collect();
        if small_disk {
            let (low, high) = FULL_MS;
            let victim = random.one_in(2).then(|| victim(&mut random));
            blows[0].act = Act::Fill(random.between(low, high), victim);
        }
        blows.sort_by_key(|blow| blow.when.stage());
        Self { seed, attempts: 3, small_disk, blows }
    }
}

fn blow(random: &mut Random) -> Blow {
    Blow {
        when: moment(random),
        late_us: if random.one_in(2) { 0 } else { random.between(0, LATE_US_MAX) },
        act: act(random),
        then: match random.between(0, 5) {
            0 => Then::List,
            1 => Then::Show,
            2 => Then::Serve,
            _ => Then::Nothing,
        },
    }
}

fn moment(random: &mut Random) -> Moment {
    let mut up_to = |most: usize| usize::try_from(random.between(1, most as u64)).unwrap_or(1);
    match up_to(16) {
        1 => Moment::After(up_to(4_000) as u64),
        2 => Moment::Taken(up_to(3)),
        3 => Moment::Forked(up_to(3)),
        4 | 5 => Moment::Asked(up_to(18)),
        6 => Moment::Turn(up_to(18)),
        7 | 8 => Moment::Calling(up_to(18)),
        9 => Moment::Reported(up_to(3)),
        10 => Moment::Bundled(up_to(3)),
        11 => Moment::Harvested(up_to(3)),
        12 => Moment::Proving(up_to(3)),
        13 => Moment::Checked(up_to(6)),
        14 => Moment::Ended(up_to(3)),
        15 => Moment::Decided,
        _ => match up_to(3) {
            1 => Moment::Branched,
            2 => Moment::Offered,
            _ => Moment::Ended(3),
        },
    }
}

fn act(random: &mut Random) -> Act {
    match random.between(0, 11) {
        0 => Act::StopAndKill(victim(random), random.between(0, 200_000)),
        1 | 2 => {
            let times = if random.one_in(2) { 2 } else { 3 };
            Act::Burst(victim(random), times, random.between(0, 600_000))
        }
        3..=5 => Act::Depose,
        _ => Act::Kill(victim(random)),
    }
}

fn victim(random: &mut Random) -> Victim {
    random.pick(&[
        Victim::Runner,
        Victim::Runner,
        Victim::Runners,
        Victim::Engine,
        Victim::Both,
        Victim::Both,
    ])
}

impl Moment {
    /// Roughly how far the task is then, so that no blow waits for what is over.
    fn stage(self) -> u64 {
        match self {
            Self::After(ms) => ms / 60,
            Self::Taken(n) => n as u64,
            Self::Forked(n) => 4 + n as u64,
            Self::Asked(n) | Self::Turn(n) | Self::Calling(n) => 8 + 2 * n as u64,
            Self::Reported(n) => 40 + n as u64,
            Self::Bundled(n) => 44 + n as u64,
            Self::Harvested(n) => 48 + n as u64,
            Self::Proving(n) => 52 + n as u64,
            Self::Checked(n) => 56 + n as u64,
            Self::Ended(n) => 64 + n as u64,
            Self::Decided => 70,
            Self::Branched => 71,
            Self::Offered => 72,
        }
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { when, late_us, act, then } = self;
        write!(f, "{when:?} + {late_us} µs: {act:?}, then {then:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_plan_each_time_and_another_one_is_another() {
        let blows = |seed| Plan::of(seed).blows;
        assert!((1..=200).all(|seed| blows(seed) == blows(seed)));
        let disks = (1..=200).filter(|seed| Plan::of(*seed).small_disk).count();
        assert_eq!(disks, 50);
        assert_ne!(blows(1), blows(2));
    }
}
