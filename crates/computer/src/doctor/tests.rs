use super::*;

fn facts(json: &str) -> Facts {
    Facts::parse(Engine::Docker, json).unwrap()
}

const DOCKER: &str = r#"{"ServerVersion": "28", "Driver": "overlay2", "CgroupVersion": "2",
    "CgroupDriver": "systemd", "MemoryLimit": true, "PidsLimit": true, "CpuCfsQuota": true,
    "SecurityOptions": []}"#;

#[test]
fn a_daemon_of_roots_that_maps_nobody_is_weak() {
    let works = Finding::new(Group::Computers, "docker", State::Works, "28");
    let weak = judged(works.clone(), Engine::Docker, &facts(DOCKER));
    assert_eq!(weak.state, State::Weak);
    assert!(weak.remedy.unwrap().contains("userns-remap"));
    let mapped = facts(&DOCKER.replace("[]", "[\"name=userns\"]"));
    assert_eq!(judged(works.clone(), Engine::Docker, &mapped), works);
}

#[test]
fn a_limit_that_nothing_holds_is_weak_and_the_others_are_not() {
    let loose = facts(&DOCKER.replace("\"CpuCfsQuota\": true", "\"CpuCfsQuota\": false"));
    let states: Vec<_> = limits_of_containers(&loose).iter().map(|f| (f.name, f.state)).collect();
    assert!(states.contains(&("CPU", State::Weak)) && states.contains(&("memory", State::Works)));
    assert!(states.contains(&("disk", State::Weak)) && states.contains(&("output", State::Works)));
}

#[test]
fn what_was_asked_for_by_name_is_never_replaced() {
    let trial = |kind, state| {
        let finding = Finding::new(Group::Computers, "kind", state, "");
        Trial { finding, ..failed(kind, Finding::new(Group::Computers, "kind", state, "")) }
    };
    let (podman, docker) = (Kind::Containers(Engine::Podman), Kind::Containers(Engine::Docker));
    assert!(trial(podman, State::Weak).suits(Choice::Auto));
    assert!(!trial(podman, State::Works).suits(Choice::Docker));
    assert!(!trial(docker, State::Broken).suits(Choice::Docker));
    assert!(!trial(Kind::Namespaces, State::Absent).suits(Choice::Auto));
}
