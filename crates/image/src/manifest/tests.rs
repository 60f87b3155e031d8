use super::*;

fn descriptor(architecture: Option<&str>, variant: Option<&str>) -> Descriptor {
    let platform = architecture.map(|architecture| Platform {
        os: "linux".into(),
        architecture: architecture.into(),
        variant: variant.map(Into::into),
    });
    let name = format!("{architecture:?}{variant:?}");
    Descriptor {
        media_type: OCI_MANIFEST.into(),
        digest: Digest::of(name.as_bytes()),
        size: 1,
        platform,
        annotations: Default::default(),
    }
}

fn on(architecture: &str) -> Platform {
    Platform { os: "linux".into(), architecture: architecture.into(), variant: None }
}

#[test]
fn the_platform_chooses() {
    let list = [descriptor(Some("arm"), Some("v7")), descriptor(Some("amd64"), None)];
    assert_eq!(choose(&list, &on("amd64")).unwrap(), &list[1]);
    assert_eq!(choose(&list, &on("arm")).unwrap(), &list[0]);
    let v6 = Platform { variant: Some("v6".into()), ..on("arm") };
    let error = choose(&list, &v6).unwrap_err().to_string();
    assert_eq!(error, "the image is not for linux/arm/v6, but for linux/amd64, linux/arm/v7");
}

#[test]
fn a_list_of_one_without_a_platform_will_do() {
    let list = [descriptor(None, None)];
    assert_eq!(choose(&list, &on("amd64")).unwrap(), &list[0]);
}

#[test]
fn both_kinds_of_documents_are_told_apart() {
    let one = descriptor(Some("amd64"), None);
    let list = serde_json::json!({ "schemaVersion": 2, "manifests": [one] });
    let parsed = Document::parse(list.to_string().as_bytes()).unwrap();
    assert!(matches!(parsed, Document::List(list) if list.len() == 1));
    let manifest = serde_json::json!({ "schemaVersion": 2, "config": one, "layers": [one] });
    let parsed = Document::parse(manifest.to_string().as_bytes()).unwrap();
    assert!(matches!(parsed, Document::Manifest(manifest) if manifest.layers.len() == 1));
}

#[test]
fn what_is_too_much_is_refused_before_it_is_fetched() {
    let refused = |size: u64, layers: usize, config: u64| {
        let layer = Descriptor { size, ..descriptor(None, None) };
        let config = Descriptor { size: config, ..descriptor(None, None) };
        let layers = vec![layer; layers];
        let manifest =
            serde_json::json!({ "schemaVersion": 2, "config": config, "layers": layers });
        matches!(Document::parse(manifest.to_string().as_bytes()), Err(Error::TooMuch { .. }))
    };
    assert!(!refused(1, LAYERS_MAX, 1));
    assert!(refused(1, LAYERS_MAX + 1, 1));
    assert!(refused(LAYER_BYTES_MAX + 1, 1, 1));
    assert!(refused(LAYER_BYTES_MAX, 5, 1));
    assert!(refused(u64::MAX, 2, 1));
    assert!(refused(1, 1, DOCUMENT_BYTES_MAX + 1));
}

#[test]
fn dockers_first_format_is_refused_in_words() {
    let error = Document::parse(br#"{"schemaVersion":1,"fsLayers":[]}"#).unwrap_err();
    assert!(error.to_string().contains("first format"), "{error}");
}

#[test]
fn a_configuration_has_as_many_layers_as_its_manifest() {
    let digest = Digest::of(b"layer");
    let config = serde_json::json!({
        "os": "linux", "architecture": "amd64",
        "config": { "Env": ["PATH=/bin"], "User": "1000", "WorkingDir": "/app", "Labels": null },
        "rootfs": { "type": "layers", "diff_ids": [digest] },
    });
    let bytes = config.to_string();
    let (config, ids) = parse_config(bytes.as_bytes(), 1, &on("amd64")).unwrap();
    assert_eq!(
        (config.env, config.working_dir, ids),
        (vec!["PATH=/bin".into()], "/app".into(), vec![digest])
    );
    assert!(parse_config(bytes.as_bytes(), 2, &on("amd64")).is_err());
    assert!(matches!(parse_config(bytes.as_bytes(), 1, &on("arm64")), Err(Error::Platform { .. })));
}
