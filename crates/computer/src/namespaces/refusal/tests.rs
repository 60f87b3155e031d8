use super::*;

#[test]
fn what_is_forbidden_has_a_remedy_and_what_is_broken_has_a_source() {
    let home = tempfile::tempdir().unwrap();
    let refused = explain(home.path(), "unshare".into(), libc::EPERM);
    assert!(matches!(refused, Error::Refused { .. }), "{refused:?}");
    let broken = explain(home.path(), "take /usr".into(), libc::EIO);
    assert!(matches!(broken, Error::Fork { .. }), "{broken:?}");
}

/// What is told where `/proc/sys` has these.
fn told(settings: &[(&str, &str)], container: bool, errno: i32) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (setting, value) in settings {
        let file = folder.path().join(setting);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("{value}\n")).unwrap();
    }
    let program = "/opt/whim brel/whimbrel".into();
    let machine = Machine { settings: folder.path().to_owned(), container, program };
    machine.of_user_namespaces("unshare the user namespace", errno)
}

#[test]
fn each_way_to_forbid_user_namespaces_is_told() {
    let off = told(&[("user/max_user_namespaces", "0")], false, libc::ENOSPC);
    assert!(
        off.contains("switched off") && off.contains("sysctl -w user.max_user_namespaces=15000")
    );
    let used_up = told(&[("user/max_user_namespaces", "500")], false, libc::ENOSPC);
    assert!(used_up.contains("all user namespaces are in use"), "{used_up}");
    let debian = told(&[("kernel/unprivileged_userns_clone", "0")], false, libc::EPERM);
    assert!(debian.contains("sysctl -w kernel.unprivileged_userns_clone=1"), "{debian}");
    let container = told(&[], true, libc::EPERM);
    assert!(container.contains("seccomp=unconfined") && container.contains("container around"));
}

#[test]
fn ubuntus_rule_gets_a_profile_for_this_very_program() {
    let settings = [
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("user/max_user_namespaces", "500"),
    ];
    let ubuntu = told(&settings, false, libc::EACCES);
    let profile =
        "profile whimbrel \"/opt/whim brel/whimbrel\" flags=(unconfined) {\n  userns,\n}\nEND\n";
    assert!(ubuntu.contains(profile), "{ubuntu}");
    assert!(ubuntu.ends_with("\napparmor_parser -r /etc/apparmor.d/whimbrel"), "{ubuntu}");
}

#[test]
fn a_root_that_cannot_be_left_is_told() {
    let home = tempfile::tempdir().unwrap();
    let remedy = |step: &str, errno| remedy(home.path(), step, errno).unwrap_or_default();
    assert!(remedy("pivot_root", libc::EINVAL).contains("switch_root"));
    assert!(remedy("keep mounts private", libc::EINVAL).contains("chroot"));
    assert!(
        remedy("mount overlay (overlay: no such device)", libc::ENODEV)
            .contains("modprobe overlay")
    );
    assert_eq!(remedy("take /usr", libc::EIO), "");
}
