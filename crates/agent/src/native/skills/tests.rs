use super::super::tests::computer_with;
use super::*;

#[tokio::test]
async fn skills_are_found_with_name_and_description() {
    let files = [
        (
            ".agents/skills/pdf/SKILL.md",
            "---\nname: pdf-forms\ndescription: \"Fills forms.\"\n---\nx",
        ),
        (".agents/skills/long/SKILL.md", "---\ndescription: >\n  One\n  two.\nlicense: x\n---\n"),
        (".agents/skills/bare/SKILL.md", "# Bare\nname: no"),
        (".agents/skills/evil/SKILL.md", "---\nname: a\u{1b}[2Jb\ndescription: |\n---\n"),
        (".agents/skills/a/b/SKILL.md", "---\nname: nested\n---"),
        ("agents/skills/c/SKILL.md", "---\nname: elsewhere\n---"),
    ];
    let computer = computer_with(&files).await;
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let found = find(computer.as_ref(), &paths).await.unwrap();
    let found: Vec<(&str, &str)> =
        found.iter().map(|skill| (skill.name.as_str(), skill.description.as_str())).collect();
    let expected = [("pdf-forms", "Fills forms."), ("long", "One two."), ("bare", ""), ("ab", "")];
    assert_eq!(found, expected);
}
