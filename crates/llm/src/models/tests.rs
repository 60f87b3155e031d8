use expect_test::expect;

use super::*;
use crate::{Config, ConfigError, Sources, Wire};

fn parse(text: &str) -> Result<Models, String> {
    Models::parse(Path::new("models.toml"), text).map_err(|error| error.to_string())
}

fn chain(text: &str, name: &str, env: &[(&str, &str)]) -> Result<Vec<Config>, ConfigError> {
    let models = parse(text).unwrap();
    let env: BTreeMap<_, _> = env.iter().copied().collect();
    let env = |name: &str| env.get(name).map(|value| (*value).to_owned());
    Config::chain(name, Sources { env: &env, file: None, models: Some(&models) })
}

fn names(chain: &[Config]) -> Vec<String> {
    chain.iter().map(Config::full_name).collect()
}

const EVERYTHING: &str = r#"
quota = "fail"
quota_wait_max = "2h"
hold_max = "90s"

[aliases]
best = "anthropic/claude-opus-5"
usual = "best"

[fallbacks]
best = ["work/big", "ollama/qwen3"]
"work/big" = ["best"]

[providers.work]
base_url = "https://models.work.example/v1"
wire = "chat"
auth = "api-key"
key_env = "WORK_KEY"
headers = { "x-team" = "core-secret" }

[models."work/big"]
window_tokens = 64000
output_tokens_max = 8000
effort = "high"
price = { input = 1.25, cached = 0.125, output = 10 }
"#;

#[test]
fn everything_that_can_be_said_is_understood() {
    let models = parse(EVERYTHING).unwrap();
    let quota = models.quota();
    assert_eq!(
        (quota.then, quota.hold_max.as_secs(), quota.wait_max.as_secs()),
        (OnQuota::Fail, 90, 7_200)
    );
    assert_eq!(models.expand("usual"), "anthropic/claude-opus-5");
    let env = [("WORK_KEY", "sk-work"), ("ANTHROPIC_API_KEY", "sk-ant")];
    let all = chain(EVERYTHING, "anthropic/claude-opus-5", &env).unwrap();
    assert_eq!(names(&all), ["anthropic/claude-opus-5"], "the fallbacks are the alias's");
    for alias in ["best", "usual"] {
        let all = chain(EVERYTHING, alias, &env).unwrap();
        assert_eq!(names(&all), ["anthropic/claude-opus-5", "work/big", "ollama/qwen3"]);
    }
    let all = chain(EVERYTHING, "best", &env).unwrap();
    let work = &all[1];
    assert_eq!(
        (work.wire, work.window_tokens, work.effort),
        (Wire::Chat, 64_000, Some(Effort::High))
    );
    let price =
        Price { input: 1_250_000, cached: 125_000, cache_write: 1_250_000, output: 10_000_000 };
    assert_eq!((work.price, all[2].price), (Some(price), None));
    assert_eq!(all[0].price.map(|price| price.input), Some(5_000_000), "built in");
}

#[test]
fn a_fallback_that_cannot_be_asked_is_left_out_and_told() {
    let all = chain(EVERYTHING, "best", &[("ANTHROPIC_API_KEY", "sk-ant")]).unwrap();
    assert_eq!(names(&all), ["anthropic/claude-opus-5", "ollama/qwen3"]);
    expect!["the fallback work/big is left out: no key for work/big: set WORK_KEY, WHIMBREL_MODEL_KEY, WHIMBREL_MODEL_KEY_FILE, or a key in models.toml's [providers.work]"]
        .assert_eq(&all[0].warnings.join("\n"));
}

#[test]
fn whimbrels_own_variables_are_about_the_provider_that_is_asked_first() {
    let text = r#"fallbacks."openai/a" = ["openai/b", "anthropic/c"]"#;
    let env = [
        ("WHIMBREL_MODEL_URL", "http://own/v1"),
        ("WHIMBREL_MODEL_KEY", "sk-own"),
        ("ANTHROPIC_API_KEY", "sk-ant"),
    ];
    let all = chain(text, "openai/a", &env).unwrap();
    let urls: Vec<&str> = all.iter().map(|config| config.base_url.as_str()).collect();
    assert_eq!(urls, ["http://own/v1", "http://own/v1", "https://api.anthropic.com/v1"]);
    assert_eq!(all[2].key, crate::Key::new("sk-ant"));
}

#[test]
fn mistakes_are_told_with_their_line_and_what_is_allowed() {
    let mistakes = [
        "\nquotas = \"wait\"",
        "[providers.x]\nbase_url = \"http://x\"\nbase_uri = \"\"",
        "[models.\"openai/m\"]\nprice = { input = 1 }",
        "[models.\"openai/m\"]\neffort = \"much\"",
        "quota_wait_max = \"soon\"",
        "[providers.x]\nwire = \"chat\"",
        "[providers.x]\nbase_url = \"http://x\"\nheaders = { \"a b\" = \"c\" }",
        "[aliases]\nbest = \"nobody/m\"",
        "[aliases]\na = \"b\"\nb = \"a\"",
        "[fallbacks]\n\"openai/m\" = [\"best\"]",
        "[models.\"openai/m\"]\nprice = { input = -1, output = 2 }",
        "nonsense",
    ];
    let told: Vec<String> = mistakes.iter().map(|text| parse(text).unwrap_err()).collect();
    expect![[r#"
        models.toml:2: unknown field `quotas`, expected one of `quota`, `quota_wait_max`, `hold_max`, `aliases`, `fallbacks`, `providers`, `models`
        models.toml:3: unknown field `base_uri`, expected one of `base_url`, `wire`, `auth`, `key_env`, `key_file`, `key_command`, `headers`, `api_version`
        models.toml:2: missing field `output`
        models.toml:2: unknown variant `much`, expected one of `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`
        models.toml:1: "soon" is no time; write "90s", "15m" or "6h"
        models.toml:1: providers.x needs a base_url, as it isn't a built-in one
        models.toml:1: providers.x: "a b" is no header, or its value none
        models.toml:2: "nobody/m" is of the provider "nobody", which isn't one
        models.toml:1: "b" names no model; write provider/model
        models.toml:2: "best" names no model; write provider/model
        models.toml:2: a price is between 0 and 1000000 dollars
        models.toml:1: key with no value, expected `=`"#]].assert_eq(&told.join("\n"));
}

#[test]
fn no_secret_is_shown() {
    let text =
        format!("{EVERYTHING}\n[providers.openai]\nkey_command = \"echo sk-from-a-command\"");
    let models = parse(&text).unwrap();
    let env = |name: &str| (name == "WORK_KEY").then(|| "sk-work-secret".to_owned());
    let sources = Sources { env: &env, file: None, models: Some(&models) };
    let work = Config::chain("work/big", sources).unwrap();
    let openai = Config::chain("openai/gpt-5", sources).unwrap();
    assert_eq!(openai[0].key, crate::Key::new("sk-from-a-command"));
    let shown = format!("{work:?} {openai:?} {:?}", models.told);
    for secret in ["core-secret", "sk-work-secret", "sk-from-a-command"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(work[0].secrets(), ["sk-work-secret", "core-secret"]);
}

#[test]
fn a_command_is_run_once() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let text = format!(
        "[providers.openai]\nkey_command = \"echo x >> {}; echo sk-told\"",
        count.display()
    );
    let models = parse(&text).unwrap();
    let sources = Sources { env: &|_| None, file: None, models: Some(&models) };
    for model in ["openai/a", "openai/b", "openai/a"] {
        Config::chain(model, sources).unwrap();
    }
    assert_eq!(std::fs::read_to_string(count).unwrap(), "x\n");
    let failing = parse("[providers.openai]\nkey_command = \"echo sk-told; exit 1\"").unwrap();
    let sources = Sources { env: &|_| None, file: None, models: Some(&failing) };
    let error = Config::chain("openai/a", sources).unwrap_err();
    expect!["key_command of models.toml's [providers.openai] tells no key: it failed with exit code 1; run it by hand to see why"]
        .assert_eq(&crate::words(&error));
}

#[test]
fn azure_has_two_kinds_of_addresses() {
    let env = |version| {
        let mut env = vec![
            ("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com/"),
            ("AZURE_OPENAI_API_KEY", "sk-az"),
        ];
        env.extend(version);
        let config = chain("", "azure/my-gpt", &env).unwrap().remove(0);
        (config.base_url, config.wire, config.auth)
    };
    let v1 = "https://r.openai.azure.com/openai/v1".to_owned();
    assert_eq!(env(None), (v1.clone(), Wire::Responses, Auth::ApiKey));
    assert_eq!(env(Some(("OPENAI_API_VERSION", "preview"))), (v1, Wire::Responses, Auth::ApiKey));
    let dated = ("https://r.openai.azure.com/openai".to_owned(), Wire::Chat, Auth::ApiKey);
    assert_eq!(env(Some(("AZURE_OPENAI_API_VERSION", "2024-10-21"))), dated);
}
