use super::*;

fn policy(text: &str) -> Policy {
    match text.parse() {
        Ok(word) => word,
        Err(_) => Policy::try_from(text.split(';').map(str::to_owned).collect::<Vec<_>>()).unwrap(),
    }
}

#[test]
fn a_repository_opens_no_more_than_is_allowed() {
    for (most, wanted) in [
        ("none", "none"),
        ("packages", "packages"),
        ("packages", "pypi.org"),
        ("packages", "GET pypi.org"),
        ("all", "example.com:8443"),
        ("example.com", "GET example.com"),
        ("example.com", "example.com:443"),
        ("*.example.com", "a.example.com;*.b.example.com"),
        ("GET,POST example.com", "POST example.com"),
        ("packages;example.com", "packages"),
    ] {
        assert!(covers(&policy(most), &policy(wanted)), "{most} allows {wanted}");
    }
    for (most, wanted) in [
        ("none", "packages"),
        ("packages", "all"),
        ("packages", "example.com"),
        ("packages", "pypi.org;example.com"),
        ("GET example.com", "example.com"),
        ("GET example.com", "GET,POST example.com"),
        ("example.com", "*.example.com"),
        ("*.example.com", "example.com"),
        ("*.example.com", "*.badexample.com"),
        ("example.com", "example.com:8443"),
        ("example.com:443", "example.com"),
        ("example.com", "packages"),
    ] {
        assert!(!covers(&policy(most), &policy(wanted)), "{most} does not allow {wanted}");
    }
}

fn with_image(image: &str) -> Environment {
    Environment { image: image.parse().unwrap(), ..Environment::default() }
}

#[test]
fn a_repository_names_images_of_known_places_only() {
    let images = Images::default();
    let checked = |image: &str| check(&Network::default(), &images, &with_image(image));
    for image in ["host", "python:3.12", "team/app", "docker.io/library/x", "ghcr.io/a/b@sha256:0"]
    {
        checked(image).unwrap();
    }
    for image in ["localhost/x", "localhost:5000/x", "10.0.0.1/x", "169.254.169.254/a:b"] {
        let refused = checked(image).unwrap_err().to_string();
        assert!(refused.contains("registries = [\"") && refused.contains(registry_of(image)));
    }
}

#[test]
fn the_operators_login_is_used_for_what_the_operator_listed() {
    let logins = vec!["ghcr.io/team".to_owned(), "registry.example/".to_owned()];
    let images = Images { logins, ..Images::default() };
    assert!(images.has_login("ghcr.io/team/app") && images.has_login("registry.example/x"));
    assert!(!images.has_login("ghcr.io/teammate/app") && !images.has_login("docker.io/library/x"));
    assert!(!Images::default().has_login("docker.io/team/app"));
}

#[test]
fn a_repository_names_files_in_allowed_folders_only() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(&outside, "").unwrap();
    std::fs::write(inside.join("a.tar"), "").unwrap();
    std::os::unix::fs::symlink(&outside, inside.join("link.tar")).unwrap();
    let images = Images { folders: vec![inside.clone()], ..Images::default() };
    let checked = |image: String| check(&Network::default(), &images, &with_image(&image)).is_ok();
    assert!(checked(format!("tar:{}/a.tar", inside.display())));
    assert!(checked(format!("oci:{}:v1", inside.display())));
    for path in ["link.tar", "gone.tar"] {
        assert!(!checked(format!("tar:{}/{path}", inside.display())), "{path}");
    }
    assert!(!checked(format!("tar:{}", outside.display())));
}
