use expect_test::expect;

use super::*;

fn resolve(
    model: &str,
    env: &[(&str, &str)],
    file: Option<&FileConfig>,
) -> Result<Config, ConfigError> {
    let env: std::collections::HashMap<_, _> = env.iter().copied().collect();
    Config::resolve(model, &|name| env.get(name).map(|value| (*value).to_owned()), file)
}

fn url(model: &str, env: &[(&str, &str)]) -> String {
    let with_key: Vec<_> = env.iter().copied().chain([("WHIMBREL_MODEL_KEY", "k")]).collect();
    resolve(model, &with_key, None).unwrap().base_url
}

fn refused(model: &str, env: &[(&str, &str)]) -> String {
    resolve(model, env, None).unwrap_err().to_string()
}

#[test]
fn each_provider_has_its_wire_and_address() {
    assert_eq!(url("openai/gpt-5", &[]), "https://api.openai.com/v1");
    assert_eq!(url("anthropic/claude", &[]), "https://api.anthropic.com/v1");
    assert_eq!(url("openrouter/qwen/qwen3-coder", &[]), "https://openrouter.ai/api/v1");
    assert_eq!(url("ollama/qwen3:8b", &[]), "http://localhost:11434/v1");
    let config = resolve("openrouter/qwen/qwen3", &[("OPENROUTER_API_KEY", "k")], None).unwrap();
    assert_eq!((config.model.as_str(), config.wire), ("qwen/qwen3", Wire::Chat));
}

#[test]
fn addresses_are_completed_as_people_write_them() {
    let cases = [
        (
            "openai/m",
            "OPENAI_BASE_URL",
            "http://proxy:8080/openai/v1/",
            "http://proxy:8080/openai/v1",
        ),
        (
            "anthropic/m",
            "ANTHROPIC_BASE_URL",
            "https://gate/anthropic",
            "https://gate/anthropic/v1",
        ),
        ("anthropic/m", "ANTHROPIC_BASE_URL", "https://gate/v1", "https://gate/v1"),
        ("ollama/m", "OLLAMA_HOST", "0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("ollama/m", "OLLAMA_HOST", "box:1234", "http://box:1234/v1"),
        ("local/m", "WHIMBREL_MODEL_URL", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
    ];
    for (model, variable, given, expected) in cases {
        assert_eq!(url(model, &[(variable, given)]), expected);
    }
}

#[test]
fn whimbrels_own_variables_win() {
    let env = [
        ("OPENAI_API_KEY", "usual"),
        ("WHIMBREL_MODEL_KEY", "own"),
        ("OPENAI_BASE_URL", "http://usual/v1"),
        ("WHIMBREL_MODEL_URL", "http://own/v1"),
    ];
    let config = resolve("openai/m", &env, None).unwrap();
    assert_eq!((config.key, config.base_url.as_str()), (Key::new("own"), "http://own/v1"));
}

#[test]
fn the_file_fills_what_the_environment_leaves_open() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, "from-file\n").unwrap();
    let file = FileConfig {
        base_url: Some("http://filed:1/v1".into()),
        key_file: Some(key_file.clone()),
        wire: Some(Wire::Chat),
        window_tokens: Some(32_000),
        ..FileConfig::default()
    };
    let config = resolve("openai/m", &[], Some(&file)).unwrap();
    assert_eq!(
        (config.key, config.wire, config.window_tokens),
        (Key::new("from-file"), Wire::Chat, 32_000)
    );
    let own = resolve("openai/m", &[("OPENAI_API_KEY", "usual")], Some(&file)).unwrap();
    assert_eq!(own.key, Key::new("usual"));
}

#[cfg(unix)]
#[test]
fn a_key_that_everyone_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "secret").unwrap();
    let warnings = |mode| {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let env = [("WHIMBREL_MODEL_KEY_FILE", path.to_str().unwrap())];
        resolve("openai/m", &env, None).unwrap().warnings
    };
    assert_eq!(warnings(0o600), [""; 0]);
    assert!(warnings(0o644)[0].contains("chmod 600"));
}

#[test]
fn an_error_tells_what_to_set() {
    let errors = [
        refused("openai/gpt-5", &[]),
        refused("anthropic/claude", &[("ANTHROPIC_API_KEY", "  ")]),
        refused("local/qwen", &[]),
        refused("gpt-5", &[]),
        refused("openai/m", &[("OPENAI_API_KEY", "two words")]),
        refused("openai/m", &[("WHIMBREL_MODEL_KEY_FILE", "/nonexistent/key")]),
        refused("local/m", &[("WHIMBREL_MODEL_URL", "http://me:pass@host/v1")]),
        refused("local/m", &[("WHIMBREL_MODEL_URL", "ftp://host")]),
    ];
    expect![[r#"
        no key for openai/gpt-5: set OPENAI_API_KEY, WHIMBREL_MODEL_KEY, WHIMBREL_MODEL_KEY_FILE, or a key in models.toml's [providers.openai]
        no key for anthropic/claude: set ANTHROPIC_API_KEY, WHIMBREL_MODEL_KEY, WHIMBREL_MODEL_KEY_FILE, or a key in models.toml's [providers.anthropic]
        no address for local/qwen: set WHIMBREL_MODEL_URL, or base_url in config.toml's [model] or models.toml's [providers.local]
        "gpt-5" names no model; write provider/model, where the provider is one of openai, openai-chat, anthropic, gemini, azure, openrouter, ollama, llamacpp, vllm, lmstudio, local (for example anthropic/…, openai/… or ollama/…), or an alias of models.toml
        the key in OPENAI_API_KEY isn't one: it is empty, too long, or has spaces in it
        can't read the model's key from /nonexistent/key, which WHIMBREL_MODEL_KEY_FILE names
        WHIMBREL_MODEL_URL isn't a usable address: it has a user name or password in it; give the key as a key
        WHIMBREL_MODEL_URL isn't a usable address: it begins with neither http:// nor https://"#]].assert_eq(&errors.join(
        "
",
    ));
}

#[test]
fn a_key_is_never_shown() {
    let config = resolve("openai/m", &[("OPENAI_API_KEY", "sk-very-secret")], None).unwrap();
    assert!(!format!("{config:?}").contains("very-secret"));
}

#[test]
fn the_configured_name_is_the_environments_or_the_files() {
    let file = FileConfig { name: Some("ollama/a".into()), ..FileConfig::default() };
    assert_eq!(Config::name(&|_| None, Some(&file)).as_deref(), Some("ollama/a"));
    let env = |name: &str| (name == "WHIMBREL_MODEL").then(|| "ollama/b".to_owned());
    assert_eq!(Config::name(&env, Some(&file)).as_deref(), Some("ollama/b"));
    assert_eq!(Config::name(&|_| None, None), None);
}
