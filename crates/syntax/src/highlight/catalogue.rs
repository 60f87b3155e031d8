//! Which language a file is in, by its name, and by its first line where the name says nothing.

use super::kinds::Kind;
use super::table::Language;
use super::tables as t;

pub(super) fn kind(path: &str, text: &str) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    whole_name(name)
        .or_else(|| name.rsplit_once('.').and_then(|(_, end)| extension(&end.to_ascii_lowercase())))
        .or_else(|| interpreter(text))
}

fn whole_name(name: &str) -> Option<Kind> {
    let language: &'static Language = match name {
        "Dockerfile" | "Containerfile" => &t::DOCKERFILE,
        "Makefile" | "makefile" | "GNUmakefile" | "Justfile" | "justfile" => &t::MAKE,
        "CMakeLists.txt" | ".bashrc" | ".profile" | ".zshrc" | "PKGBUILD" | ".envrc" => &t::SHELL,
        "Cargo.lock" | "poetry.lock" | "uv.lock" | "Pipfile" => &t::TOML,
        "composer.lock" | "Pipfile.lock" | ".babelrc" | ".eslintrc" | ".prettierrc" => &t::JSON,
        "Gemfile" | "Rakefile" | "Vagrantfile" | "Guardfile" => &t::RUBY,
        "go.mod" | "go.sum" | "go.work" => &t::GO,
        "BUILD" | "WORKSPACE" | "SConstruct" | "BUILD.bazel" => &t::PYTHON,
        "Jenkinsfile" => &t::JAVA,
        ".gitignore" | ".dockerignore" | ".gitattributes" | ".editorconfig" | ".gitconfig"
        | "CODEOWNERS" | ".gitmodules" | "requirements.txt" => &t::INI,
        _ => return None,
    };
    Some(Kind::Code(language))
}

fn extension(extension: &str) -> Option<Kind> {
    Some(match extension {
        "html" | "htm" | "xhtml" | "xml" | "svg" | "xsd" | "xsl" | "plist" | "vue" | "svelte"
        | "astro" | "csproj" | "pom" | "jinja" | "j2" | "hbs" | "ejs" | "erb" => Kind::Markup,
        "md" | "markdown" | "mdx" => Kind::Markdown,
        "diff" | "patch" => Kind::Patch,
        other => Kind::Code(code(other)?),
    })
}

fn code(extension: &str) -> Option<&'static Language> {
    Some(match extension {
        "rs" => &t::RUST,
        "c" | "h" => &t::C,
        "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "ipp" | "cu" | "ino" | "m" | "mm" => &t::CPP,
        "cs" | "csx" => &t::CSHARP,
        "java" | "groovy" | "gradle" => &t::JAVA,
        "kt" | "kts" => &t::KOTLIN,
        "scala" | "sc" | "sbt" => &t::SCALA,
        "swift" => &t::SWIFT,
        "dart" => &t::DART,
        "go" => &t::GO,
        "zig" => &t::ZIG,
        "js" | "mjs" | "cjs" | "jsx" => &t::JAVASCRIPT,
        "ts" | "mts" | "cts" | "tsx" => &t::TYPESCRIPT,
        "hs" | "elm" | "purs" => &t::HASKELL,
        "py" | "pyi" | "pyw" | "pyx" | "bzl" | "star" => &t::PYTHON,
        "rb" | "rake" | "gemspec" | "ru" | "cr" => &t::RUBY,
        "php" => &t::PHP,
        "pl" | "pm" | "t" => &t::PERL,
        "lua" => &t::LUA,
        "r" => &t::R,
        "ex" | "exs" => &t::ELIXIR,
        "sh" | "bash" | "zsh" | "fish" | "ksh" | "bats" => &t::SHELL,
        "json" | "jsonc" | "json5" | "webmanifest" | "ipynb" | "geojson" => &t::JSON,
        "yaml" | "yml" => &t::YAML,
        "toml" => &t::TOML,
        "ini" | "cfg" | "conf" | "properties" | "env" | "service" => &t::INI,
        "tf" | "hcl" | "tfvars" => &t::HCL,
        "nix" => &t::NIX,
        "css" | "scss" | "less" => &t::CSS,
        "sql" => &t::SQL,
        "graphql" | "gql" => &t::GRAPHQL,
        "proto" => &t::PROTO,
        "dockerfile" => &t::DOCKERFILE,
        "mk" | "mak" => &t::MAKE,
        "cmake" => &t::SHELL,
        _ => return None,
    })
}

/// What `#!` says.
fn interpreter(text: &str) -> Option<Kind> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split(['/', ' ']).rev().filter(|word| !word.starts_with('-'));
    let word = words.next()?.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
    named(word).map(Kind::Code)
}

/// A language by the name that people give it, as after the fence of a code block.
pub(super) fn named(name: &str) -> Option<&'static Language> {
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "rust" => &t::RUST,
        "c++" => &t::CPP,
        "c#" | "csharp" => &t::CSHARP,
        "kotlin" => &t::KOTLIN,
        "golang" => &t::GO,
        "javascript" | "node" => &t::JAVASCRIPT,
        "typescript" => &t::TYPESCRIPT,
        "haskell" => &t::HASKELL,
        "python" => &t::PYTHON,
        "ruby" => &t::RUBY,
        "perl" => &t::PERL,
        "elixir" => &t::ELIXIR,
        "shell" | "console" | "dash" => &t::SHELL,
        "terraform" => &t::HCL,
        "make" | "makefile" => &t::MAKE,
        other => code(other)?,
    })
}
