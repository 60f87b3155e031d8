//! The hosts of the preset `packages`.

/// Where the common package managers look things up and download from. Hosts that only take
/// uploads are left out (`upload.pypi.org`, `crates.io` itself), and so are hosts on which anybody
/// can put a server or a page of their own, of which source forges are the largest.
pub const PACKAGES: &[&str] = &[
    // Python: pip, uv, poetry; https://docs.pypi.org/api/index-api/
    "pypi.org",
    "files.pythonhosted.org",
    "pypi.python.org",
    "bootstrap.pypa.io",
    // conda; https://docs.anaconda.com
    "conda.anaconda.org",
    "repo.anaconda.com",
    // Rust: cargo and rustup; https://doc.rust-lang.org/cargo/reference/registry-index.html
    "index.crates.io",
    "static.crates.io",
    "static.rust-lang.org",
    // JavaScript: npm, yarn, pnpm, deno; https://docs.npmjs.com/cli/using-npm/registry
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "repo.yarnpkg.com",
    "nodejs.org",
    "npm.jsr.io",
    "jsr.io",
    "deno.land",
    // Go; https://proxy.golang.org
    "proxy.golang.org",
    "sum.golang.org",
    "go.dev",
    "dl.google.com",
    // Java: maven, gradle, sbt; https://maven.apache.org/repository/
    "repo.maven.apache.org",
    "repo1.maven.org",
    "plugins.gradle.org",
    "plugins-artifacts.gradle.org",
    "services.gradle.org",
    "downloads.gradle.org",
    "maven.google.com",
    "repo.scala-sbt.org",
    // Ruby; https://guides.rubygems.org
    "rubygems.org",
    "index.rubygems.org",
    // PHP; https://packagist.org
    "packagist.org",
    "repo.packagist.org",
    // .NET; https://learn.microsoft.com/nuget/api/overview
    "api.nuget.org",
    "www.nuget.org",
    "globalcdn.nuget.org",
    // Elixir and Erlang; https://hex.pm/docs/mirrors
    "hex.pm",
    "repo.hex.pm",
    "builds.hex.pm",
    // Haskell
    "hackage.haskell.org",
    "downloads.haskell.org",
    // Dart; https://pub.dev
    "pub.dev",
    // R and Perl
    "cloud.r-project.org",
    "cran.r-project.org",
    "www.cpan.org",
    "cpan.metacpan.org",
    "fastapi.metacpan.org",
    // Debian and Ubuntu; https://www.debian.org/mirror/list
    "deb.debian.org",
    "security.debian.org",
    "ftp.debian.org",
    "snapshot.debian.org",
    "archive.ubuntu.com",
    "*.archive.ubuntu.com",
    "security.ubuntu.com",
    "ports.ubuntu.com",
    // Other distributions
    "dl-cdn.alpinelinux.org",
    "dl.fedoraproject.org",
    "mirrors.fedoraproject.org",
    "geo.mirror.pkgbuild.com",
    "cache.nixos.org",
];
