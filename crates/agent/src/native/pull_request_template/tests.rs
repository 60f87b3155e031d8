use super::super::tests::computer_with;
use super::*;

fn chosen(files: &[&str]) -> Option<String> {
    let files: Vec<String> = files.iter().map(|path| (*path).to_owned()).collect();
    choose(&files).map(str::to_owned)
}

#[test]
fn a_template_is_found_where_forges_look() {
    let upper = ".github/PULL_REQUEST_TEMPLATE.md";
    assert_eq!(chosen(&["a.py", "docs/pull_request_template.md", upper]).as_deref(), Some(upper));
    let several = [".github/PULL_REQUEST_TEMPLATE/fix.md", ".github/PULL_REQUEST_TEMPLATE/a.md"];
    assert_eq!(chosen(&several).as_deref(), Some(several[1]));
    let gitlab = ".gitlab/merge_request_templates/Default.md";
    assert_eq!(chosen(&[".gitlab/merge_request_templates/A.md", gitlab]).as_deref(), Some(gitlab));
    assert_eq!(chosen(&["src/pull_request_template.md", ".github/x/pull.md"]), None);
}

#[tokio::test]
async fn it_is_read_inside_the_computer() {
    let path = ".github/pull_request_template.md";
    let computer = computer_with(&[(path, "## What\n")]).await;
    let found = find(computer.as_ref(), &[path.to_owned()]).await.unwrap();
    assert_eq!(found, Some(File { path: path.into(), text: "## What".into() }));
    assert_eq!(
        find(computer.as_ref(), &["docs/pull_request_template.md".into()]).await.unwrap(),
        None
    );
}
