//! Which attempts may start now: by what is free, not by count, and in turns among persons. Pure.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::limits::{GIB, MIB};
use serde::Deserialize;
use stdx::machine::Room;

/// Part of an attempt's memory limit that is set aside while it runs. Few attempts ever reach
/// their limit, and one that does is stopped by it; setting all of it aside would leave most of a
/// machine unused.
const RESERVED_PERCENT: u64 = 25;
/// Whimbrel's own processes of one attempt.
const OWN_BYTES: u64 = 15 * MIB;
/// Left to everything else on the machine.
const KEPT_FREE_BYTES: u64 = 256 * MIB;

/// The `[machine]` table of `config.toml`: how far whimbrel may fill this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// Of the machine's memory, what attempts may reserve together.
    pub memory_percent: u64,
    /// Nothing starts while less is free on the disk of whimbrel's home; of a small disk, a
    /// twentieth.
    #[serde(deserialize_with = "size")]
    pub disk_floor: u64,
    /// Nothing starts while more threads for each processor run or wait for one.
    pub runnable_per_cpu: u32,
    /// At once, whatever is free.
    pub attempts_max: u32,
}

impl Default for Machine {
    fn default() -> Self {
        Self { memory_percent: 85, disk_floor: 2 * GIB, runnable_per_cpu: 16, attempts_max: 1_000 }
    }
}

impl Machine {
    /// What stays free of the disk, in bytes.
    pub fn floor_of(&self, room: &Room) -> u64 {
        self.disk_floor.min(room.disk_bytes / 20)
    }
}

fn size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    domain::limits::parse_size(&text).map_err(serde::de::Error::custom)
}

/// Somebody's wish for a runner, or a runner that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand<'a> {
    pub person: &'a str,
    /// The computer's limit.
    pub memory_bytes: u64,
    /// When something of that person's began last.
    pub served: Option<Timestamp>,
}

impl Demand<'_> {
    fn reserved(&self) -> u64 {
        OWN_BYTES + self.memory_bytes / 100 * RESERVED_PERCENT
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Start,
    /// For what, in words.
    Wait(String),
}

/// Decides on each of `waiting`, which are in the order of their coming. Whoever has fewest running
/// comes first, then whoever was served longest ago, so that one person's fifty don't starve
/// another's one; among a person's own, who came first. The first that doesn't fit stops all behind it, so that small ones don't starve a
/// large one. One may always start when nothing runs, so that work goes on.
pub fn admit(
    waiting: &[Demand<'_>],
    running: &[Demand<'_>],
    room: &Room,
    machine: &Machine,
) -> Vec<Decision> {
    let mut ledger = Ledger::new(running, room, machine);
    let mut decisions = vec![Decision::Start; waiting.len()];
    let mut turns = in_turns(waiting, running).into_iter();
    for (position, at) in turns.by_ref().enumerate() {
        let Some(lacking) = ledger.take(&waiting[at], running.len() + position) else { continue };
        decisions[at] = Decision::Wait(lacking);
        break;
    }
    for (behind, at) in turns.enumerate() {
        decisions[at] = Decision::Wait(format!("its turn, after {} others", behind + 1));
    }
    decisions
}

/// How many computers of `own` one proof may have at once: two where both could fill up to their
/// limit, besides what the `others` that run have reserved.
pub fn proof_width(own: &Demand<'_>, others: &[Demand<'_>], room: &Room) -> usize {
    let reserved: u64 = others.iter().map(Demand::reserved).sum();
    let free = room.memory_free_bytes.saturating_sub(KEPT_FREE_BYTES).saturating_sub(reserved);
    if room.cpus >= 2 && free >= own.memory_bytes.saturating_mul(2) { 2 } else { 1 }
}

/// What is left while one after the other starts.
struct Ledger<'a> {
    room: &'a Room,
    machine: &'a Machine,
    /// Of what attempts may reserve together.
    unreserved: u64,
    /// Of what is free in fact.
    free: u64,
}

impl<'a> Ledger<'a> {
    fn new(running: &[Demand<'_>], room: &'a Room, machine: &'a Machine) -> Self {
        let reserved: u64 = running.iter().map(Demand::reserved).sum();
        let share = room.memory_bytes / 100 * machine.memory_percent;
        let free = room.memory_free_bytes.saturating_sub(KEPT_FREE_BYTES);
        Self { room, machine, unreserved: share.saturating_sub(reserved), free }
    }

    /// Sets aside what `demand` needs, or says what it lacks.
    fn take(&mut self, demand: &Demand<'_>, already: usize) -> Option<String> {
        let floor = self.machine.floor_of(self.room);
        if self.room.disk_free_bytes < floor {
            let free = size_of(self.room.disk_free_bytes);
            return Some(format!("disk: {free} is free, and {} stays so", size_of(floor)));
        }
        let needs = demand.reserved();
        let enough = needs <= self.unreserved && needs <= self.free;
        self.unreserved = self.unreserved.saturating_sub(needs);
        self.free = self.free.saturating_sub(needs);
        if already == 0 {
            return None;
        }
        if already >= self.machine.attempts_max as usize {
            return Some(format!("a place: {already} run, which is the most"));
        }
        let busy = self.room.cpus.saturating_mul(self.machine.runnable_per_cpu);
        if self.room.runnable > busy {
            return Some(format!("processors: {} threads want one", self.room.runnable));
        }
        (!enough).then(|| format!("memory: it needs {}", size_of(needs)))
    }
}

/// The order in which the waiting ones may start.
fn in_turns(waiting: &[Demand<'_>], running: &[Demand<'_>]) -> Vec<usize> {
    let mut have: BTreeMap<&str, usize> = BTreeMap::new();
    for demand in running {
        *have.entry(demand.person).or_default() += 1;
    }
    let mut keyed: Vec<(usize, Option<Timestamp>, usize)> = Vec::with_capacity(waiting.len());
    for (at, demand) in waiting.iter().enumerate() {
        let count = have.entry(demand.person).or_default();
        keyed.push((*count, demand.served, at));
        *count += 1;
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(.., at)| at).collect()
}

fn size_of(bytes: u64) -> String {
    if bytes >= GIB {
        format!("{:.1} GiB", bytes as f64 / GIB as f64)
    } else {
        format!("{} MiB", bytes / MIB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        memory_bytes: 24 * GIB,
        memory_free_bytes: 20 * GIB,
        cpus: 2,
        runnable: 1,
        disk_free_bytes: 50 * GIB,
        disk_bytes: 100 * GIB,
    };

    fn of(person: &str) -> Demand<'_> {
        Demand { person, memory_bytes: 4 * GIB, served: None }
    }

    /// `S` for each that starts, else the first letters of what it waits for.
    fn told(waiting: &[Demand<'_>], running: &[Demand<'_>], room: Room) -> String {
        let decisions = admit(waiting, running, &room, &Machine::default());
        let words = decisions.into_iter().map(|decision| match decision {
            Decision::Start => "S".to_owned(),
            Decision::Wait(what) => what.split([':', ',']).next().unwrap_or_default().to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn starts_what_fits_and_never_nothing_at_all() {
        let tight = Room { memory_free_bytes: 3 * GIB, ..ROOM };
        assert_eq!(told(&[of("ada"); 4], &[], tight), "S S memory its turn");
        let none = Room { memory_free_bytes: GIB / 2, ..ROOM };
        assert_eq!(told(&[of("ada"); 2], &[], none), "S memory");
        assert_eq!(told(&[of("ada")], &[of("ada")], none), "memory");
        assert_eq!(told(&[], &[], none), "");
        // What runs has reserved its part, even where it hasn't used it yet.
        assert_eq!(told(&[of("ada")], &[of("ada"); 20], ROOM), "memory");
    }

    #[test]
    fn fifty_of_one_person_dont_starve_another() {
        let room = Room { memory_free_bytes: 4 * GIB, ..ROOM };
        let waiting = [of("ada"), of("ada"), of("ada"), of("bob")];
        assert_eq!(told(&waiting, &[], room), "S S memory S");
        assert_eq!(told(&waiting, &[of("ada"), of("ada")], room), "S S memory S");
        let one_more = Room { memory_free_bytes: 2 * GIB, ..ROOM };
        assert_eq!(told(&waiting, &[of("ada")], one_more), "memory its turn its turn S");
    }

    #[test]
    fn with_one_place_persons_take_turns_too() {
        let one = Room { memory_free_bytes: GIB / 2, ..ROOM };
        let served = |demand: Demand<'static>, at| Demand { served: Some(Timestamp(at)), ..demand };
        let waiting = [served(of("ada"), 2), served(of("ada"), 2), of("bob"), served(of("eve"), 1)];
        assert_eq!(told(&waiting, &[], one), "its turn its turn S memory");
    }

    #[test]
    fn a_proof_has_two_computers_where_both_fit() {
        let width = |others: usize, room| proof_width(&of("ada"), &vec![of("bob"); others], &room);
        assert_eq!(width(0, ROOM), 2);
        assert_eq!(width(11, ROOM), 2);
        assert_eq!(width(12, ROOM), 1);
        assert_eq!(width(0, Room { memory_free_bytes: 8 * GIB, ..ROOM }), 1);
        assert_eq!(width(0, Room { cpus: 1, ..ROOM }), 1);
    }

    #[test]
    fn disk_and_processors_are_waited_for_too() {
        let full = Room { disk_free_bytes: GIB, ..ROOM };
        assert_eq!(told(&[of("ada")], &[], full), "disk");
        let busy = Room { runnable: 33, ..ROOM };
        assert_eq!(told(&[of("ada")], &[], busy), "S");
        assert_eq!(told(&[of("ada")], &[of("ada")], busy), "processors");
    }
}
