//! A tree's digest: over the path bytes, kind, mode, owner inside, size, data, link target and
//! attributes of everything in it, and which names are hard links of each other. Not over times,
//! nor over where on a disk anything lies. The search for secrets goes along.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

use nix::fcntl::readlinkat;
use nix::sys::stat::{FileStat, fstat};
use sha2::{Digest, Sha256};

use super::super::step::{Step, Steps};
use super::node::{self, Kind};
use super::search::{Search, Stream};
use super::walk::{Entry, Place, Visit, Walk};
use super::{Answer, Digested, Forbidden};

/// A run of zeros of this length is as good as a hole, so that a file has one digest however it
/// lies on the disk.
const BLOCK_BYTES: usize = 4096;
const PIECE_BYTES: usize = 64 * BLOCK_BYTES;
/// Before everything, so that no digest of ours is one of something else.
const FORMAT: &[u8] = b"whimbrel layer 1\0";

/// What root inside is outside, where ids are shifted.
#[derive(Debug, Clone, Copy)]
pub struct Shift(pub u32);

pub fn of(tree: &OwnedFd, shift: Shift, forbidden: &[Forbidden]) -> Result<Answer, Step> {
    let mut walk = Walk::new(tree)?;
    let mut digest = TreeDigest::new(shift, forbidden);
    let top = Entry { name: c"".into(), stat: fstat(tree).step("look at the layer")? };
    let attributes = node::attributes(&walk.folder()).step("look at the layer")?;
    digest.folder(&top, &attributes);
    while let Some(visit) = walk.next()? {
        match visit {
            Visit::Enter(entry) => {
                let attributes = node::attributes(&walk.folder());
                let attributes = walk.at(Place::Folder, attributes, "read")?;
                digest.folder(&entry, &attributes);
                digest.tell(&walk, Place::Folder);
            }
            Visit::Leaf(entry) => {
                let added = digest.leaf(&walk, &entry);
                walk.at(Place::In(&entry), added, "read")?;
                digest.tell(&walk, Place::In(&entry));
            }
            Visit::Leave(_) => digest.hasher.update([Mark::Leave as u8]),
        }
        if let Some((path, name)) = digest.found {
            return Ok(Answer::Found { path, name });
        }
    }
    Ok(Answer::Digested(digest.finish()))
}

/// Begins each record, so that no two trees give the same bytes.
#[repr(u8)]
enum Mark {
    Folder = b'd',
    File = b'f',
    HardLink = b'h',
    Link = b'l',
    Special = b's',
    Leave = b'u',
}

struct TreeDigest<'a> {
    hasher: Sha256,
    shift: Shift,
    search: Search<'a>,
    /// The secret that was met last, until it is told where.
    met: Option<&'a str>,
    found: Option<(String, String)>,
    /// Of files with several names: which entry was the first.
    linked: HashMap<(u64, u64), u64>,
    bytes: u64,
    entries: u64,
    piece: Vec<u8>,
}

impl<'a> TreeDigest<'a> {
    fn new(shift: Shift, forbidden: &'a [Forbidden]) -> Self {
        Self {
            hasher: Sha256::new_with_prefix(FORMAT),
            shift,
            search: Search::new(forbidden),
            met: None,
            found: None,
            linked: HashMap::new(),
            bytes: 0,
            entries: 0,
            piece: vec![0; PIECE_BYTES],
        }
    }

    fn tell(&mut self, walk: &Walk, place: Place) {
        if let Some(name) = self.met.take() {
            self.found = Some((walk.path(place), name.to_owned()));
        }
    }

    /// With its length before it.
    fn text(&mut self, bytes: &[u8]) {
        self.hasher.update((bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
        self.met = self.met.or_else(|| self.search.find(bytes));
    }

    fn record(&mut self, mark: Mark, entry: &Entry) {
        self.entries += 1;
        self.hasher.update([mark as u8]);
        self.text(entry.name.to_bytes());
        let FileStat { st_mode, st_uid, st_gid, .. } = entry.stat;
        for number in [st_mode, self.shift.inside(st_uid), self.shift.inside(st_gid)] {
            self.hasher.update(number.to_le_bytes());
        }
    }

    fn folder(&mut self, entry: &Entry, attributes: &[(std::ffi::CString, Vec<u8>)]) {
        self.record(Mark::Folder, entry);
        self.attributes(attributes);
    }

    fn attributes(&mut self, attributes: &[(std::ffi::CString, Vec<u8>)]) {
        self.hasher.update((attributes.len() as u64).to_le_bytes());
        for (name, value) in attributes {
            self.text(name.to_bytes());
            self.text(value);
        }
    }

    fn leaf(&mut self, walk: &Walk, entry: &Entry) -> io::Result<()> {
        match Kind::of(&entry.stat) {
            Kind::File => self.file(walk, entry),
            Kind::Link => {
                self.record(Mark::Link, entry);
                let target = readlinkat(walk.folder(), entry.name.as_c_str())?;
                self.text(target.as_bytes());
                Ok(())
            }
            Kind::Folder | Kind::Whiteout | Kind::Pipe | Kind::Socket | Kind::Device => {
                self.record(Mark::Special, entry);
                self.hasher.update(entry.stat.st_rdev.to_le_bytes());
                Ok(())
            }
        }
    }

    fn file(&mut self, walk: &Walk, entry: &Entry) -> io::Result<()> {
        if let Some(first) = self.first_name(&entry.stat) {
            self.entries += 1;
            self.hasher.update([Mark::HardLink as u8]);
            self.text(entry.name.to_bytes());
            self.hasher.update(first.to_le_bytes());
            return Ok(());
        }
        self.record(Mark::File, entry);
        let file = node::open_file(walk.folder(), &entry.name, &entry.stat)?;
        self.attributes(&node::attributes(&file)?);
        self.data(&file.into(), entry.stat.st_size.cast_unsigned())
    }

    /// The entry that this is a hard link of, if it isn't the first.
    fn first_name(&mut self, stat: &FileStat) -> Option<u64> {
        if stat.st_nlink < 2 {
            return None;
        }
        let entry = self.entries;
        let first = *self.linked.entry((stat.st_dev, stat.st_ino)).or_insert(entry);
        (first != entry).then_some(first)
    }

    fn data(&mut self, file: &File, size: u64) -> io::Result<()> {
        let mut data = Data::default();
        let mut stream = self.search.stream();
        let mut offset = 0;
        while let Some((begin, end)) = node::next_data(file, offset)? {
            // Blocks are counted from the file's beginning, wherever the disk's own are.
            let begin = begin - begin % BLOCK_BYTES as u64;
            let end = end.next_multiple_of(BLOCK_BYTES as u64).min(size);
            let met = data.read(file, begin..end, &mut self.piece, &mut stream)?;
            self.met = self.met.or(met);
            if end == size {
                break;
            }
            offset = end;
        }
        self.bytes += data.length;
        self.hasher.update(size.to_le_bytes());
        self.hasher.update(data.finish());
        Ok(())
    }

    fn finish(self) -> Digested {
        let digest = self.hasher.finalize();
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Digested { digest, bytes: self.bytes, entries: self.entries }
    }
}

impl Shift {
    fn inside(self, id: u32) -> u32 {
        id.wrapping_sub(self.0)
    }
}

/// A file's data without its zeros: the bytes, and where each run of them begins and ends.
#[derive(Default)]
struct Data {
    bytes: Sha256,
    runs: Sha256,
    /// The run that the last bytes are in.
    run: Range<u64>,
    length: u64,
}

impl Data {
    fn read<'a>(
        &mut self,
        file: &File,
        range: Range<u64>,
        piece: &mut [u8],
        stream: &mut Stream<'_, 'a>,
    ) -> io::Result<Option<&'a str>> {
        let mut offset = range.start;
        let mut met = None;
        while offset < range.end {
            let left = usize::try_from(range.end - offset).unwrap_or(usize::MAX);
            let wanted = left.min(piece.len());
            file.read_exact_at(&mut piece[..wanted], offset)?;
            for block in piece[..wanted].chunks(BLOCK_BYTES) {
                self.block(block, offset);
                offset += block.len() as u64;
            }
            met = met.or_else(|| stream.push(&piece[..wanted]));
        }
        Ok(met)
    }

    fn block(&mut self, block: &[u8], offset: u64) {
        if is_zero(block) {
            return;
        }
        if self.run.end != offset {
            self.end_run();
            self.run.start = offset;
        }
        self.bytes.update(block);
        self.length += block.len() as u64;
        self.run.end = offset + block.len() as u64;
    }

    fn end_run(&mut self) {
        self.runs.update(self.run.start.to_le_bytes());
        self.runs.update(self.run.end.to_le_bytes());
    }

    fn finish(mut self) -> impl AsRef<[u8]> {
        self.end_run();
        self.runs.update(self.bytes.finalize());
        self.runs.finalize()
    }
}

fn is_zero(block: &[u8]) -> bool {
    // The first comparison ends it for nearly all blocks.
    block.first() == Some(&0) && block.windows(2).all(|pair| pair[0] == pair[1])
}
