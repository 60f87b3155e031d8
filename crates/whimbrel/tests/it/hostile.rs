//! A repository and an agent that would deceive whoever looks: names, messages, contents, tests and
//! reports full of markup, direction overrides, escapes and megabytes. Everything is shown as text.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::guarding::http::Served;
use crate::scripted::{Scripted, finish, shell};
use crate::world::must;

/// One page, uncompressed; longer ones would be slow on a phone.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Of a program without optimisation, on a machine that does much else.
const PAGE_TIME_MAX: Duration = Duration::from_secs(30);

/// Run inside the computer: what a hostile agent leaves behind.
const CHANGE: &str = r#"
import os, subprocess
evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
def write(name, data):
    folder = os.path.dirname(name)
    if folder: os.makedirs(folder, exist_ok=True)
    with open(name, 'wb') as file: file.write(data if isinstance(data, bytes) else data.encode())
write('double.py', 'def double(x):\n    return x * 2\n')
write('"><img src=x onerror=alert(1)>.py', 'x = 1\n')
write('..%2f..%2fetc%2fpasswd', 'root\n')
write('two\nlines +++ b', 'x\n')
write('gpj.\u202eexe.txt', 'x\n')
write(b'bytes\xff\xfe.txt', 'x\n')
write('/'.join(['long' * 40] * 2) + '/name', 'x\n')
write('cafe\u0301 \u200b.md', evil + '\n[a](javascript:alert(1))\n')
write('trojan.py', "access = 'user'\nif access != 'none\u202e\u2066': # Check\u2069\u2066\n    pass\n")
write('bytes.bin.txt', b'valid\n\xff\xfe\x80 not\n')
write('returns.txt', b'harmless\revil\nline\r\nother\n')
write('escapes.txt', '\x1b[2J\x1b]0;title\x07red \x1b[31mred\n' + evil + '\n')
write('line.js', 'let x = "' + 'a' * 1000000 + '";\n')
write('big.txt', b'x' * 79 + b'\n')
with open('big.txt', 'wb') as file:
    for _ in range(640): file.write((b'y' * 79 + b'\n') * 1024)
os.symlink('../../../../etc/shadow', 'link<b>')
with open('test_double.py', 'a') as file:
    file.write('''
def _evil(self):
    print('\\x1b[31m<script>alert(2)</script>\\x1b[0m \u202e')
setattr(Double, 'test_<img src=x onerror=alert(3)>', _evil)
''')
git = ['git', '-c', 'user.name=' + evil, '-c', 'user.email=a@b.invalid']
subprocess.run(git + ['add', '-A'], check=True)
subprocess.run(git + ['commit', '-qm', evil + ' \u202e'], check=True)
"#;

/// A real parser's judgement of pages: what is markup in them is ours.
const JUDGE: &str = r#"
import html.parser, sys
ODD = set('\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\x07\ufffd')
NEVER = {'iframe', 'object', 'embed', 'base', 'style', 'applet', 'frame', 'b'}
class Judge(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__(); self.page = page; self.open = []
    def say(self, what):
        print(f'{self.page}:{self.getpos()}: {what!r}'); sys.exit(1)
    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in NEVER: self.say(tag)
        for name, value in attrs:
            value = value or ''
            if name.startswith('on') or name in ('style', 'srcdoc'): self.say((tag, name, value))
            if name in ('href', 'src', 'action', 'formaction', 'poster', 'data'):
                if value and value[0] not in '/#?' or value.startswith('//'): self.say((tag, name, value))
        if tag == 'script' and not dict(attrs).get('src', '').startswith('/assets/'): self.say(attrs)
        if tag == 'img' and not dict(attrs).get('src', '').startswith(('/films/', '/assets/')): self.say(attrs)
    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag: pass
    def handle_data(self, data):
        odd = ODD & set(data)
        if odd and not {'textarea', 'title', 'option'} & set(self.open): self.say((sorted(odd), data[:80]))
for page in sys.argv[1:]:
    judge = Judge(page)
    judge.feed(open(page, encoding='utf-8').read()); judge.close()
"#;

#[test]
fn a_hostile_repository_shows_as_text_everywhere() {
    let evil = "\"><script>alert(0)</script>\u{202e}";
    let world = Scripted::for_each(vec![
        shell(&format!("python3 - <<'END'\n{CHANGE}\nEND")),
        finish(
            &format!("Multiply {evil}"),
            &format!("All tests pass. See [this](javascript:alert(1)) {evil}."),
        ),
    ]);
    let repository = world.buggy("double");
    repository.write("AGENTS.md", &format!("Obey. {evil}\n")).commit(&format!("Add {evil}"));
    let ran = world.delegate(&repository, &[], &format!("double is wrong {evil}"));
    let object = ran.object();
    let attempt = object["attempts"][0]["id"].as_str().unwrap().to_owned();
    let task = attempt.split_once('.').unwrap().0.to_owned();

    let told = ["--json", "token", "create", "eyes", "--scopes", "read,task"];
    let secret = world.run(&told).exits(0).object()["secret"].as_str().unwrap().to_owned();
    let served = Served::by(&world);
    let bearer = format!("Bearer {secret}");
    let fetch = |path: &str| {
        let started = Instant::now();
        let answer = served.ask(&format!("GET {path}"), &[("Authorization", &bearer)], "").is(200);
        assert!(started.elapsed() < PAGE_TIME_MAX, "{path} took {:?}", started.elapsed());
        assert!(answer.body.len() < PAGE_BYTES_MAX, "{path} has {} bytes", answer.body.len());
        answer.body
    };

    let diff = format!("/attempts/{attempt}/diff");
    let paths = paths(&task, &attempt);
    let pages: Vec<String> = paths.iter().map(|path| fetch(path)).collect();

    judge(world.path(), &pages);

    let shown = &pages[paths.iter().position(|path| *path == diff).unwrap()];
    for mark in ["⟨U+202E⟩", "⟨U+2066⟩", "⟨U+FFFD⟩", "⟨U+001B⟩", "⟨U+200B⟩", "⟨U+000D⟩", "⟨U+000A⟩"]
    {
        assert!(shown.contains(mark), "{mark} isn't in {shown}");
    }
    assert!(shown.contains("more characters") && shown.contains("symbolic link"), "{shown}");
    assert!(shown.contains("Too long to be shown: 50 MiB"), "{shown}");
    let log = &pages[paths.iter().position(|path| path.contains("/logs/")).unwrap()];
    assert!(!log.contains('\u{1b}'), "{log}");

    // Comments are text, too.
    let form = "path=double.py&line=0R2&text=%3Cscript%3E%E2%80%AE";
    let said = served.ask(
        &format!("POST /attempts/{attempt}/comments"),
        &[("Authorization", &bearer)],
        form,
    );
    said.is(303);
    let body = fetch(&format!("{diff}?view=split"));
    assert!(body.contains("&lt;script&gt;<mark class=\"odd\""), "{body}");
}

/// Pages on which the repository's and the agent's words are, each file of the change by itself too.
fn paths(task: &str, attempt: &str) -> Vec<String> {
    let mut paths: Vec<String> = ["/", "/feed", "/projects", "/numbers"].map(str::to_owned).into();
    paths.extend([
        format!("/tasks/{task}"),
        format!("/tasks/{task}/compare"),
        format!("/attempts/{attempt}"),
        format!("/attempts/{attempt}/evidence"),
        format!("/attempts/{attempt}/logs/test-head.log"),
        format!("/attempts/{attempt}/diff"),
        format!("/attempts/{attempt}/diff?view=split"),
    ]);
    paths.extend((0..17).map(|file| format!("/attempts/{attempt}/diff?file={file}&context=all")));
    paths
}

fn judge(folder: &Path, pages: &[String]) {
    let mut judge = command();
    judge.args(["-c", JUDGE]);
    for (at, page) in pages.iter().enumerate() {
        let file = folder.join(format!("page-{at:02}.html"));
        fs::write(&file, page).unwrap();
        judge.arg(file);
    }
    must(&mut judge);
}

#[expect(clippy::disallowed_methods, reason = "a parser that isn't ours judges")]
fn command() -> Command {
    Command::new("python3")
}
