use domain::Limits;

use super::*;

fn facts(rootless: bool, held: bool) -> Facts {
    Facts {
        version: "1".into(),
        rootless,
        remaps: false,
        driver: "overlay".into(),
        cgroups: super::super::facts::Cgroups::V2,
        memory: held,
        processes: held,
        cpu: held,
        freezer: held,
        seccomp: None,
    }
}

fn made(engine: Engine, facts: &Facts, spec: &Spec) -> String {
    let own = OwnLimits { open_files: 4096, processes: 9000 };
    let seccomp = None;
    let order =
        Order { engine, facts, own, name: "name", home: "home", image: "image", spec, seccomp };
    format!(" {} ", arguments(&order).join(" "))
}

#[test]
fn nothing_of_the_host_is_given() {
    for engine in [Engine::Podman, Engine::Docker] {
        let made = made(engine, &facts(false, true), &Spec::default());
        for flag in
            ["--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pull=never"]
        {
            assert!(made.contains(&format!(" {flag} ")), "{flag}: {made}");
        }
        for flag in
            ["--volume", "--mount", "--device", "--privileged", " --pid ", "--pid=", "--env-host"]
        {
            assert!(!made.contains(flag), "{flag}: {made}");
        }
    }
}

#[test]
fn root_inside_is_nobody_where_podman_is_roots() {
    let spec = Spec::default();
    let mapped =
        |rootless| made(Engine::Podman, &facts(rootless, true), &spec).contains("--uidmap");
    assert!(mapped(false) && !mapped(true));
}

#[test]
fn what_no_group_holds_a_resource_limit_does() {
    let limits = Limits {
        memory_bytes: 1 << 30,
        processes: 40,
        cpu_millis: Some(1500),
        ..Limits::default()
    };
    let spec = Spec { limits, ..Spec::default() };
    let held = made(Engine::Podman, &facts(true, true), &spec);
    for flag in ["--memory 1073741824 ", "--pids-limit 40 ", "--cpus 1.500 ", "nproc=9000:9000 "] {
        assert!(held.contains(flag), "{flag}: {held}");
    }
    let unheld = Spec { limits: Limits { cpu_millis: None, ..limits }, ..Spec::default() };
    let loose = made(Engine::Podman, &facts(true, false), &unheld);
    for flag in ["data=1073741824:1073741824 ", "nproc=40:40 "] {
        assert!(loose.contains(flag), "{flag}: {loose}");
    }
    assert!(!loose.contains("--memory") && !loose.contains("--pids-limit"));
    let refused = check(Engine::Podman, &facts(true, false), &spec).unwrap_err();
    assert!(refused.to_string().contains("CPU"), "{refused}");
}

#[test]
fn a_network_is_refused_in_words() {
    let spec = Spec { network: network::Policy::Packages, ..Spec::default() };
    let refused = check(Engine::Docker, &facts(false, true), &spec).unwrap_err();
    assert!(refused.to_string().starts_with("docker can't do this: a network"), "{refused}");
    assert!(check(Engine::Docker, &facts(false, true), &Spec::default()).is_ok());
}
