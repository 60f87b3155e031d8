//! From a real registry.

use std::sync::{Arc, Mutex};

use image::{
    Compression, Credential, Credentials, Error, Options, Platform, Progress, Source, Store,
};

use crate::made::{self, INDEX, Made, made, noise};
use crate::registry::{PASSWORD, Registry, USER};

pub fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("images")).unwrap();
    (folder, store)
}

pub fn source(text: &str) -> Source {
    text.parse().unwrap()
}

/// That what was pulled is what was made.
pub fn assert_same(pulled: &image::Pulled, made: &Made) {
    assert_eq!(pulled.digest, made.digest());
    assert_eq!(pulled.config.env, ["PATH=/usr/bin", "MADE=here"]);
    let layers: Vec<_> = pulled.layers.iter().map(|l| std::fs::read(&l.path).unwrap()).collect();
    assert_eq!(layers, made.layers);
}

#[tokio::test]
async fn a_tag_and_its_digest_are_the_same_image() {
    let (registry, (_folder, store)) = (Registry::open(), store());
    for (name, made) in [("team/oci", made(two_layers())), ("docker", made::docker(two_layers()))] {
        registry.push(&made, name, "v1").await;
        let by_tag = source(&format!("{}/{name}:v1", registry.host));
        let pulled = store.pull(&by_tag, &Options::default()).await.unwrap();
        assert_same(&pulled, &made);
        assert_eq!(pulled.layers[1].compression, Compression::Gzip);
        assert_eq!(pulled.layers[0].compression, Compression::None);
        let by_digest = source(&format!("{}/{name}@{}", registry.host, made.digest()));
        let (_other, empty) = self::store();
        assert_same(&empty.pull(&by_digest, &Options::default()).await.unwrap(), &made);
        assert_eq!(store.last_seen(&by_tag), Some(made.digest()));
    }
}

fn two_layers() -> Vec<Vec<u8>> {
    vec![noise(1, 300_000), [&[0x1F, 0x8B], &*noise(2, 100_000)].concat()]
}

#[tokio::test]
async fn what_is_here_needs_no_registry() {
    let (_folder, store) = store();
    let made = made(vec![noise(3, 10_000)]);
    let host = {
        let registry = Registry::open();
        registry.push(&made, "gone", "latest").await;
        let tagged = source(&format!("{}/gone", registry.host));
        store.pull(&tagged, &Options::default()).await.unwrap();
        registry.host.clone()
    };
    let by_digest = source(&format!("{host}/gone@{}", made.digest()));
    assert_same(&store.pull(&by_digest, &Options::default()).await.unwrap(), &made);
    assert_same(&store.find(&made.digest(), &Platform::default()).await.unwrap(), &made);
}

#[tokio::test]
async fn a_list_has_one_for_this_platform() {
    let (registry, (_folder, store)) = (Registry::open(), store());
    let (other, ours) = (made(vec![noise(4, 10)]), made(vec![noise(5, 10)]));
    for (made, tag) in [(&other, "other"), (&ours, "ours")] {
        registry.push(made, "many", tag).await;
    }
    let index = made::index(&[(&other, "s390x"), (&ours, &Platform::default().architecture)]);
    registry.push_manifest("many", "all", &index, INDEX).await;
    let all = source(&format!("{}/many:all", registry.host));
    assert_same(&store.pull(&all, &Options::default()).await.unwrap(), &ours);
    let listed = store.last_seen(&all).unwrap();
    assert_eq!(listed.to_string(), made::digest(&index));
    assert_same(&store.find(&listed, &Platform::default()).await.unwrap(), &ours);
    let platform = Platform { architecture: "riscv64".into(), ..Platform::default() };
    let error = store.pull(&all, &Options { platform, ..Options::default() }).await.unwrap_err();
    assert!(error.to_string().contains("not for linux/riscv64, but for linux/"), "{error}");
}

#[tokio::test]
async fn progress_is_told() {
    let (registry, (_folder, store)) = (Registry::open(), store());
    let made = made(vec![noise(6, 400_000), noise(7, 10)]);
    registry.push(&made, "told", "latest").await;
    let heard: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let hear = Arc::clone(&heard);
    let progress: Arc<dyn Fn(Progress) + Send + Sync> =
        Arc::new(move |progress| hear.lock().unwrap().push(progress));
    let options = Options { progress: Some(progress), ..Options::default() };
    store.pull(&source(&format!("{}/told", registry.host)), &options).await.unwrap();
    let heard = heard.lock().unwrap();
    let digest = made.digest();
    assert_eq!(heard[0], Progress::Resolved { digest, layers: 2, bytes: 400_010 });
    let whole = |progress: &&Progress| matches!(progress, Progress::Layer { done, bytes, .. } if done == bytes && *bytes == 400_000);
    assert!(heard.iter().any(|progress| whole(&progress)), "{heard:?}");
}

#[tokio::test]
async fn a_password_is_asked_for_and_taken() {
    let (registry, (folder, store)) = (Registry::with_passwords(), store());
    let made = made(vec![noise(8, 1000)]);
    registry.push(&made, "private", "latest").await;
    let private = source(&format!("{}/private", registry.host));
    let error = store.pull(&private, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert!(error.to_string().contains("docker login 127.0.0.1:"), "{error}");
    let with = |password: &str| {
        let credential = Credential::Password { user: USER.into(), password: password.into() };
        let credentials = Credentials::default().with(registry.host.clone(), credential);
        Options { credentials, ..Options::default() }
    };
    let wrong = store.pull(&private, &with("wrong")).await.unwrap_err();
    assert!(matches!(wrong, Error::Unauthorized { .. }), "{wrong}");
    assert_same(&store.pull(&private, &with(PASSWORD)).await.unwrap(), &made);

    let docker = folder.path().join(".docker");
    std::fs::create_dir(&docker).unwrap();
    let auth = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{USER}:{PASSWORD}"),
    );
    let file = serde_json::json!({ "auths": { registry.host.clone(): { "auth": auth } } });
    std::fs::write(docker.join("config.json"), file.to_string()).unwrap();
    let credentials = Credentials::docker(None, Some(folder.path()));
    let (_other, empty) = self::store();
    let options = Options { credentials, ..Options::default() };
    assert_same(&empty.pull(&private, &options).await.unwrap(), &made);
}

#[tokio::test]
async fn what_isnt_there_is_said() {
    let (registry, (_folder, store)) = (Registry::open(), store());
    let absent = source(&format!("{}/no/such:image", registry.host));
    let error = store.pull(&absent, &Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::NoImage { .. }), "{error}");
    assert!(error.to_string().contains("/no/such:image"), "{error}");
}

#[tokio::test]
async fn two_pulls_at_once_bring_a_blob_once() {
    let (registry, (_folder, store)) = (Registry::open(), store());
    let made = made(vec![noise(9, 2_000_000)]);
    registry.push(&made, "once", "latest").await;
    let source = source(&format!("{}/once", registry.host));
    let options = Options::default();
    let (one, two) = tokio::join!(store.pull(&source, &options), store.pull(&source, &options));
    assert_same(&one.unwrap(), &made);
    assert_same(&two.unwrap(), &made);
}
