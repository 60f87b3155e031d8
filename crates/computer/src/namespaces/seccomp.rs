//! The system calls that nothing inside a computer may make: what reaches the kernel's rarely
//! walked parts, other namespaces, or the machine as a whole. All else is allowed, debuggers
//! included: `ptrace` and `pidfd_getfd` reach only processes that may be looked into, which init,
//! the one process inside with more power, forbids.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

use super::plan::User;

/// `open_tree_attr`, of Linux 6.15; the same on every architecture.
const SYS_OPEN_TREE_ATTR: libc::c_long = 467;

/// `listns`, of Linux 6.19; likewise.
const SYS_LISTNS: libc::c_long = 470;

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
    SYS_OPEN_TREE_ATTR,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    // Namespaces.
    libc::SYS_setns,
    SYS_LISTNS,
    // Interfaces with a history of holes.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_lookup_dcookie,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_process_vm_writev,
    libc::SYS_memfd_secret,
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

/// The only socket families there are. Others aren't held by a network namespace (AF_VSOCK), serve
/// the kernel or administrators (AF_ALG, AF_PACKET), or have hardly any users but attackers.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// Of the internet families; a raw socket needs a capability that nothing inside has. Left out are
/// SCTP, DCCP, L2TP and SMC, which are modules that a socket loads.
const INTERNET_PROTOCOLS: [i32; 6] = [
    0,
    libc::IPPROTO_ICMP,
    libc::IPPROTO_TCP,
    libc::IPPROTO_UDP,
    libc::IPPROTO_ICMPV6,
    libc::IPPROTO_MPTCP,
];

/// Both put characters into a terminal's input.
const DENIED_IOCTLS: [u64; 2] = [libc::TIOCSTI, 0x541C /* TIOCLINUX */];

/// `x86_64` has a second set of all system calls, x32, whose numbers begin here.
const X32_BEGIN: u32 = 0x4000_0000;

/// What this kernel is said not to know, so that programs do without. Of `clone3` the flags lie in
/// memory where no filter can see them, and the C library uses `clone` then. Contexts for
/// asynchronous files are counted for the machine as a whole, and databases have another way.
const UNKNOWN: [libc::c_long; 2] = [libc::SYS_clone3, libc::SYS_io_setup];

/// Several, since a filter has one answer: `EPERM`, but `ENOSYS` for [`UNKNOWN`]. A socket that there
/// isn't is one that this kernel doesn't know, which programs such as useradd take calmly. Where a
/// computer has one id, one more filter pretends that there are others.
pub struct Filters(Vec<BpfProgram>);

impl Filters {
    pub fn new(user: User) -> io::Result<Self> {
        programs(user).map(Self).map_err(io::Error::other)
    }

    /// Installs them in this process, for good.
    pub fn apply(&self) -> io::Result<()> {
        let mut all = self.0.iter();
        all.try_for_each(|filter| seccompiler::apply_filter(filter).map_err(io::Error::other))
    }
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn programs(user: User) -> Result<Vec<BpfProgram>, seccompiler::BackendError> {
    let unknown = UNKNOWN.iter().map(|&number| (number, Vec::new())).collect();
    let sockets = Rules::from([
        (libc::SYS_socket, denied_sockets()?),
        (libc::SYS_socketpair, denied_sockets()?),
    ]);
    let mut all = vec![
        no_x32(),
        program(unknown, libc::ENOSYS)?,
        program(denied()?, libc::EPERM)?,
        program(sockets, libc::EAFNOSUPPORT)?,
    ];
    match user {
        User::Root => {}
        User::Ordinary { .. } => all.push(program(pretended()?, SUCCESS)?),
    }
    Ok(all)
}

/// The error number of none: the kernel answers without doing anything.
const SUCCESS: i32 = 0;

/// With one id, nothing can be given to another or become one, and package managers do both all
/// the time. So what names another id does nothing and succeeds; what names only root, or says
/// "leave it", is done. A program that looks afterwards sees that it is still root. See
/// `docs/decisions/0014-ids.md`.
fn pretended() -> Result<Rules, seccompiler::BackendError> {
    let mut rules = Rules::new();
    for &(call, ids) in PRETENDED {
        let foreign = ids.iter().map(|&index| SeccompRule::new(none_of(index, &[0, -1])?));
        rules.insert(call, foreign.collect::<Result<_, _>>()?);
    }
    // A namespace with one id has no groups to set.
    rules.insert(libc::SYS_setgroups, Vec::new());
    Ok(rules)
}

/// System calls that name ids, and in which arguments.
const PRETENDED: &[(libc::c_long, &[u8])] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chown, &[1, 2]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lchown, &[1, 2]),
    (libc::SYS_fchown, &[1, 2]),
    (libc::SYS_fchownat, &[2, 3]),
    (libc::SYS_setuid, &[0]),
    (libc::SYS_setgid, &[0]),
    (libc::SYS_setreuid, &[0, 1]),
    (libc::SYS_setregid, &[0, 1]),
    (libc::SYS_setresuid, &[0, 1, 2]),
    (libc::SYS_setresgid, &[0, 1, 2]),
];

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
    Ok(rules)
}

const NEWUSER: u64 = libc::CLONE_NEWUSER as u64;

fn denied_sockets() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let internet = |family| {
        let mut conditions = vec![argument(0, SeccompCmpOp::Eq, family)?];
        conditions.extend(none_of(2, &INTERNET_PROTOCOLS)?);
        SeccompRule::new(conditions)
    };
    Ok(vec![
        SeccompRule::new(none_of(0, &FAMILIES)?)?,
        internet(libc::AF_INET as u64)?,
        internet(libc::AF_INET6 as u64)?,
        // Of netlink only the protocol that lists interfaces and addresses, which is number 0.
        SeccompRule::new(vec![
            argument(0, SeccompCmpOp::Eq, libc::AF_NETLINK as u64)?,
            argument(2, SeccompCmpOp::Ne, 0)?,
        ])?,
    ])
}

/// True of an argument that is no one of these.
fn none_of(index: u8, values: &[i32]) -> Result<Vec<SeccompCondition>, seccompiler::BackendError> {
    let differs =
        |&value: &i32| argument(index, SeccompCmpOp::Ne, u64::from(value.cast_unsigned()));
    values.iter().map(differs).collect()
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
        let ordinary = super::User::Ordinary { uid: 1, gid: 1 };
        let [_x32, unknown, denied, sockets, pretended] =
            super::programs(ordinary).unwrap().try_into().unwrap();
        assert!(unknown.len() < denied.len() && denied.len() < 4096);
        assert!(unknown.len() < sockets.len() && unknown.len() < pretended.len());
        assert_eq!(super::programs(super::User::Root).unwrap().len(), 4);
    }
}
