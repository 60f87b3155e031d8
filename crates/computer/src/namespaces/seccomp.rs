//! The system calls that nothing inside a computer may make: what reaches the kernel's rarely
//! walked parts, other namespaces, or the machine as a whole. All else is allowed, debuggers
//! included.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

/// Refused whatever their arguments.
const DENIED: &[libc::c_long] = &[
    // Mounts.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    // Namespaces.
    libc::SYS_setns,
    // Interfaces with a history of holes.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_process_vm_writev,
    // The machine as a whole.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_clock_settime,
    libc::SYS_settimeofday,
    libc::SYS_syslog,
    libc::SYS_personality,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

/// Socket families that a network namespace doesn't contain, or that only serve the kernel.
const DENIED_FAMILIES: &[i32] = &[
    libc::AF_VSOCK,
    libc::AF_PACKET,
    libc::AF_ALG,
    libc::AF_TIPC,
    libc::AF_XDP,
    libc::AF_BLUETOOTH,
    libc::AF_NFC,
    libc::AF_CAN,
    libc::AF_RDS,
    libc::AF_KEY,
];

/// Both put characters into a terminal's input.
const DENIED_IOCTLS: [u64; 2] = [libc::TIOCSTI, 0x541C /* TIOCLINUX */];

/// `x86_64` has a second set of all system calls, x32, whose numbers begin here.
const X32_BEGIN: u32 = 0x4000_0000;

/// Several, since a filter has one answer: `EPERM`, but for `clone3`, whose flags lie in memory
/// where no filter can see them: `ENOSYS` makes the C library use `clone`.
pub struct Filters([BpfProgram; 3]);

impl Filters {
    pub fn new() -> io::Result<Self> {
        programs().map(Self).map_err(io::Error::other)
    }

    /// Installs them in this process, for good.
    pub fn apply(&self) -> io::Result<()> {
        let mut all = self.0.iter();
        all.try_for_each(|filter| seccompiler::apply_filter(filter).map_err(io::Error::other))
    }
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn programs() -> Result<[BpfProgram; 3], seccompiler::BackendError> {
    let clone3 = Rules::from([(libc::SYS_clone3, Vec::new())]);
    Ok([no_x32(), program(clone3, libc::ENOSYS)?, program(denied()?, libc::EPERM)?])
}

/// Refuses all numbers from [`X32_BEGIN`] on: the other filters know the calls by their usual ones.
fn no_x32() -> BpfProgram {
    let instruction = |code, jt, k| sock_filter { code, jt, jf: 0, k };
    let number = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let compare = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    vec![
        instruction(number as u16, 0, 0),
        instruction(compare as u16, 1, X32_BEGIN),
        instruction(libc::BPF_RET as u16, 0, libc::SECCOMP_RET_ALLOW),
        instruction(libc::BPF_RET as u16, 0, refuse),
    ]
}

fn program(rules: Rules, errno: i32) -> Result<BpfProgram, seccompiler::BackendError> {
    let refuse = SeccompAction::Errno(errno.cast_unsigned());
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()
}

fn denied() -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = DENIED.iter().map(|&number| (number, Vec::new())).collect();
    let newuser = || argument(0, SeccompCmpOp::MaskedEq(NEWUSER), NEWUSER);
    rules.insert(libc::SYS_unshare, vec![SeccompRule::new(vec![newuser()?])?]);
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![newuser()?])?]);
    let ioctls = DENIED_IOCTLS
        .iter()
        .map(|&number| SeccompRule::new(vec![argument(1, SeccompCmpOp::Eq, number)?]));
    rules.insert(libc::SYS_ioctl, ioctls.collect::<Result<_, _>>()?);
    rules.insert(libc::SYS_socket, denied_sockets()?);
    Ok(rules)
}

const NEWUSER: u64 = libc::CLONE_NEWUSER as u64;

fn denied_sockets() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let family = |number: i32| argument(0, SeccompCmpOp::Eq, u64::from(number.cast_unsigned()));
    let mut rules = Vec::new();
    for &number in DENIED_FAMILIES {
        rules.push(SeccompRule::new(vec![family(number)?])?);
    }
    // Of netlink only the protocol that lists interfaces and addresses, which is number 0.
    let other_protocol = argument(2, SeccompCmpOp::Ne, 0)?;
    rules.push(SeccompRule::new(vec![family(libc::AF_NETLINK)?, other_protocol])?);
    Ok(rules)
}

/// The kernel looks at the low 32 bits of all these.
fn argument(
    index: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_filters_can_be_built() {
        let [_x32, clone3, denied] = super::programs().unwrap();
        assert!(clone3.len() < denied.len() && denied.len() < 4096);
    }
}
