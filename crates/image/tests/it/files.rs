//! From folders and archives.

use std::fs;
use std::path::Path;

use image::{Error, Options};
use serde_json::json;

use crate::made::{Made, descriptor, digest, made, noise};
use crate::pulling::{assert_same, source, store};

/// An OCI layout of some images by their tags.
fn layout(folder: &Path, images: &[(&Made, &str)]) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let mut manifests = Vec::new();
    for (made, tag) in images {
        for blob in made.blobs().chain([&made.manifest]) {
            fs::write(blobs.join(digest(blob).trim_start_matches("sha256:")), blob).unwrap();
        }
        let mut item = descriptor(&made.manifest, made.media_type);
        item["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        manifests.push(item);
    }
    let index = json!({ "schemaVersion": 2, "manifests": manifests });
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
}

fn archive_of(folder: &Path, target: &Path) {
    let mut tar = tar::Builder::new(fs::File::create(target).unwrap());
    tar.append_dir_all(".", folder).unwrap();
    tar.finish().unwrap();
}

#[tokio::test]
async fn a_folder_has_images_by_tag_and_digest() {
    let (folder, store) = store();
    let (one, two) = (made(vec![noise(1, 5000)]), made(vec![noise(2, 5000), noise(1, 5000)]));
    let path = folder.path().join("lay:out");
    layout(&path, &[(&one, "one"), (&two, "example.org/x:two")]);
    let pull = async |which: &str| {
        store.pull(&source(&format!("oci:{}{which}", path.display())), &Options::default()).await
    };
    assert_same(&pull(":one").await.unwrap(), &one);
    assert_same(&pull(":two").await.unwrap(), &two);
    assert_same(&pull(&format!("@{}", two.digest())).await.unwrap(), &two);
    let error = pull(":three").await.unwrap_err();
    assert!(error.to_string().contains("no image :three"), "{error}");
}

#[tokio::test]
async fn an_archive_of_a_folder_is_as_good() {
    let (folder, store) = store();
    let made = made(vec![noise(3, 70_000)]);
    layout(&folder.path().join("layout"), &[(&made, "latest")]);
    let archive = folder.path().join("image.tar");
    archive_of(&folder.path().join("layout"), &archive);
    let source = source(&format!("tar:{}", archive.display()));
    assert_same(&store.pull(&source, &Options::default()).await.unwrap(), &made);
}

/// As `docker save` wrote it before version 25, with one layer that is a link to another's file.
fn saved(folder: &Path, made: &Made) {
    fs::create_dir_all(folder.join("a")).unwrap();
    fs::create_dir_all(folder.join("b")).unwrap();
    fs::write(folder.join("config.json"), &made.config).unwrap();
    fs::write(folder.join("a/layer.tar"), &made.layers[0]).unwrap();
    std::os::unix::fs::symlink("../a/layer.tar", folder.join("b/layer.tar")).unwrap();
    let list = json!([{
        "Config": "config.json", "RepoTags": ["some/image:v1"],
        "Layers": ["a/layer.tar", "b/layer.tar"],
    }]);
    fs::write(folder.join("manifest.json"), list.to_string()).unwrap();
}

#[tokio::test]
async fn what_docker_save_writes_is_read() {
    let (folder, store) = store();
    let made = made(vec![noise(4, 30_000), noise(4, 30_000)]);
    saved(&folder.path().join("saved"), &made);
    let mut tar = tar::Builder::new(fs::File::create(folder.path().join("s.tar")).unwrap());
    tar.follow_symlinks(false);
    tar.append_dir_all("", folder.path().join("saved")).unwrap();
    tar.finish().unwrap();
    let path = folder.path().join("s.tar").display().to_string();
    let pulled = store.pull(&source(&format!("tar:{path}:v1")), &Options::default()).await.unwrap();
    let layers: Vec<_> = pulled.layers.iter().map(|l| fs::read(&l.path).unwrap()).collect();
    assert_eq!(layers, made.layers);
    let again = store.pull(&source(&format!("tar:{path}")), &Options::default()).await.unwrap();
    assert_eq!(again, pulled);
    let error = store.pull(&source(&format!("tar:{path}:v2")), &Options::default()).await;
    assert!(error.unwrap_err().to_string().contains("no image :v2"));
}

#[tokio::test]
async fn what_differs_from_its_digest_is_refused() {
    let (folder, store) = store();
    let made = made(vec![noise(5, 1000)]);
    let path = folder.path().join("layout");
    layout(&path, &[(&made, "x")]);
    let blob =
        path.join("blobs/sha256").join(digest(&made.layers[0]).trim_start_matches("sha256:"));
    let source = source(&format!("oci:{}", path.display()));
    fs::write(&blob, noise(6, 1000)).unwrap();
    let error = store.pull(&source, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    fs::remove_file(&blob).unwrap();
    let error = store.pull(&source, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
}

#[tokio::test]
async fn a_link_in_a_folder_leads_nowhere() {
    let (folder, store) = store();
    let made = made(vec![noise(7, 1000)]);
    let path = folder.path().join("layout");
    layout(&path, &[(&made, "x")]);
    let blob =
        path.join("blobs/sha256").join(digest(&made.layers[0]).trim_start_matches("sha256:"));
    fs::rename(&blob, folder.path().join("outside")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("outside"), &blob).unwrap();
    let source = source(&format!("oci:{}", path.display()));
    assert!(matches!(store.pull(&source, &Options::default()).await, Err(Error::Read { .. })));
}

#[tokio::test]
async fn another_file_is_told_from_an_image() {
    let (folder, store) = store();
    let path = folder.path().join("x.tar");
    archive_of(&tempfile::tempdir().unwrap().keep(), &path);
    let tarred = source(&format!("tar:{}", path.display()));
    let error = store.pull(&tarred, &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("neither from docker save nor an OCI archive"), "{error}");
    let absent = source("oci:/no/such/folder");
    let error = store.pull(&absent, &Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("can't read /no/such/folder/index.json"), "{error}");
}
