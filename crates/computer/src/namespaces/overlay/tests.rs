use std::fs;

use nix::sched::{CloneFlags, unshare};

use super::*;

/// More than fit into one page by their names.
const LAYERS: usize = 100;

/// Each mounts in a thread, with mounts and a current folder of its own.
fn apart(test: impl FnOnce(Vec<PathBuf>) + Send + 'static) {
    assert!(
        nix::unistd::geteuid().is_root(),
        "this needs root: run it with sudo, or leave it out by --skip as_root"
    );
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_owned();
    let thread = std::thread::spawn(move || {
        unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS).unwrap();
        let (nothing, private) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
        mount_by_page(nothing, "/", nothing, private, nothing).unwrap();
        nix::unistd::chdir(&path).unwrap();
        let layers: Vec<_> = (0..LAYERS).map(|n| format!("layer with, comma:{n:0>60}")).collect();
        for (number, layer) in layers.iter().enumerate() {
            fs::create_dir(layer).unwrap();
            fs::write(Path::new(layer).join(format!("f{number}")), "").unwrap();
        }
        for folder in ["upper", "work", "root"] {
            fs::create_dir(folder).unwrap();
        }
        test(layers.into_iter().map(PathBuf::from).collect());
    });
    thread.join().unwrap();
}

fn private() -> Private {
    Private { upper: "upper".into(), work: "work".into() }
}

type Mount = fn(&Overlay, &Path) -> Result<(), Step>;

#[test]
fn many_layers_of_any_name_by_either_interface_as_root() {
    for mount in [mount_new as Mount, mount_old] {
        apart(move |layers| {
            let private = Some(private());
            let overlay = Overlay { lower: &layers, private, user: User::Root };
            mount(&overlay, Path::new("root")).unwrap();
            assert_eq!(fs::read_dir("root").unwrap().count(), LAYERS);
            fs::write("root/f1", "changed").unwrap();
            assert_eq!(fs::read("upper/f1").unwrap(), b"changed");
        });
    }
}

#[test]
fn the_kernels_own_reason_is_told_as_root() {
    apart(|layers| {
        fs::write("file", "").unwrap();
        let lower: Vec<_> = layers.into_iter().take(1).chain(["file".into()]).collect();
        let overlay = Overlay { lower: &lower, private: Some(private()), user: User::Root };
        let error = mount(&overlay, Path::new("root")).unwrap_err();
        assert!(error.name.contains("file is not a directory"), "{error:?}");
    });
}
