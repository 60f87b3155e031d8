use super::*;

fn host(home: &Path, more: &[(&str, &str)]) -> Host {
    let home = home.to_str().unwrap();
    let mut env: BTreeMap<String, String> = BTreeMap::from([("HOME".into(), home.into())]);
    env.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    Host { env }
}

#[test]
fn toolchains_are_shown_and_credentials_are_not() {
    let home = tempfile::tempdir().unwrap();
    let uv = [".local/share/uv/python", ".local/share/uv/credentials"];
    let folders = [".cargo/bin", ".cargo/registry", ".pyenv/shims", ".ssh", "go/bin"];
    for folder in folders.into_iter().chain(uv) {
        fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    let path = format!("{0}/.pyenv/shims:{0}/bin:/usr/bin", home.path().display());
    let tools = find(&host(home.path(), &[("PATH", &path), ("OPENAI_API_KEY", "sk-1")]));
    let shown: Vec<_> = tools.binds.iter().map(|bind| bind.source.clone()).collect();
    let of_home: Vec<_> =
        shown.iter().filter_map(|source| source.strip_prefix(home.path()).ok()).collect();
    let expected = [".cargo/bin", ".pyenv", "go/bin", uv[0], ".cargo/registry"];
    assert_eq!(of_home, expected.map(Path::new));
    assert!(
        tools.env["PATH"].starts_with(&format!("{}/.pyenv/shims:/usr/bin:", home.path().display()))
    );
    assert!(!tools.env["PATH"].contains(&format!("{}/bin", home.path().display())));
    assert!(!tools.env.contains_key("OPENAI_API_KEY"));
}

#[test]
fn a_toolchain_may_be_elsewhere() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tools = find(&host(home.path(), &[("RUSTUP_HOME", other.path().to_str().unwrap())]));
    assert!(tools.binds.contains(&Bind::same(other.path())));
    assert_eq!(tools.env["RUSTUP_HOME"], other.path().to_str().unwrap());
}

#[test]
fn an_image_says_its_variables_but_not_who_works_inside() {
    let said = ["PATH=/opt/x/bin:/bin", "HOME=/root", "A=b=c", "=odd", "none", "E="];
    let env = image_variables(&said.map(str::to_owned));
    assert_eq!((&*env["PATH"], &*env["HOME"], &*env["A"]), ("/opt/x/bin:/bin", HOME, "b=c"));
    assert_eq!((&*env["E"], &*env["SHELL"], &*env["USER"]), ("", "/bin/sh", "root"));
    assert!(!env.contains_key("") && !env.contains_key("none"));
    assert!(image_variables(&[])["PATH"].contains("/usr/bin"));
}
