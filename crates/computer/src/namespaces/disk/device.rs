//! Loop devices: a file as a block device, for as long as somebody has it open or mounted.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// Somebody else may take the device that we were told is free.
const TRIES_MAX: usize = 64;
const BLOCK_BYTES: u32 = 4096;

const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4C82;
const LOOP_CONFIGURE: libc::Ioctl = 0x4C0A;
/// It is free again when nobody has it open any more.
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// Past the host's page cache: what the computer's own has needn't be in memory twice.
const LO_FLAGS_DIRECT_IO: u32 = 16;

/// `struct loop_info64` of `linux/loop.h`.
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

/// Gives the device, open, and its path.
pub fn attach(image: &File) -> io::Result<(File, PathBuf)> {
    let control = open(Path::new("/dev/loop-control"))?;
    for _ in 0..TRIES_MAX {
        // SAFETY: takes and gives numbers only.
        let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) };
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        let path = PathBuf::from(format!("/dev/loop{number}"));
        let device = open(&path)?;
        match configure(&device, image) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            configured => return configured.map(|()| (device, path)),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

fn configure(device: &File, image: &File) -> io::Result<()> {
    // SAFETY: all fields are numbers, of which zero means nothing special.
    let mut config: LoopConfig = unsafe { std::mem::zeroed() };
    config.fd = image.as_raw_fd().cast_unsigned();
    config.block_size = BLOCK_BYTES;
    config.info.flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
    // SAFETY: the kernel reads one configuration, which outlives the call.
    let done = unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, &raw const config) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
