use super::super::super::tests::computer_with;
use super::*;

async fn read(files: &[(&str, &str)], arguments: &str) -> Answer {
    let computer = computer_with(files).await;
    let read: Read = serde_json::from_str(arguments).unwrap();
    read.run(computer.as_ref()).await.unwrap()
}

#[tokio::test]
async fn lines_have_their_numbers() {
    let files = [("a.py", "one\ntwo\nthree\n")];
    let answer = read(&files, r#"{"path": "a.py", "first_line": 2, "last_line": 9}"#).await;
    assert_eq!(answer, Answer::good("     2\ttwo\n     3\tthree\n"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let files = [("a.py", "one\n"), ("b.bin", "\0")];
    for (arguments, says) in [
        (r#"{"path": "no.py"}"#, "No such file"),
        (r#"{"path": "b.bin"}"#, "no text file"),
        (r#"{"path": "a.py", "first_line": 2}"#, "has 1 lines"),
        (r#"{"path": "../a.py"}"#, "without .."),
    ] {
        let answer = read(&files, arguments).await;
        assert!(!answer.ok && answer.text.contains(says), "{answer:?}");
    }
}

#[tokio::test]
async fn long_files_and_lines_are_cut_with_a_note() {
    let lines = "x\n".repeat(LINES_MAX + 3);
    let answer = read(&[("a", &lines)], r#"{"path": "a"}"#).await;
    assert!(answer.text.ends_with("[… 3 more lines: go on from first_line 1001 …]\n"));
    let line = "ä".repeat(LINE_BYTES_MAX);
    let answer = read(&[("a", &line)], r#"{"path": "a"}"#).await;
    assert!(answer.text.ends_with("ä [… the line goes on …]\n"));
}

#[tokio::test]
async fn pictures_are_shown_and_folders_listed() {
    let computer = computer_with(&[("src/a.py", ""), ("src/b/c.py", "")]).await;
    let png = b"\x89PNG\r\n\x1a\nrest";
    computer.write(std::path::Path::new("/workspace/a.txt"), png, 0o644).await.unwrap();
    let run = async |path: &str| {
        let read = Read { path: path.into(), first_line: None, last_line: None };
        read.run(computer.as_ref()).await.unwrap()
    };
    let answer = run("a.txt").await;
    assert_eq!(answer.text, "a.txt (image/png, 12 bytes)");
    assert_eq!(answer.images[0].base64, "iVBORw0KGgpyZXN0");
    assert_eq!(run("src").await.text, "a.py\nb/");
    assert_eq!(run("src/b/").await.text, "c.py");
    assert_eq!(run("src/a.py").await.text, "src/a.py is empty");
}

#[test]
fn pictures_are_known_by_their_bytes() {
    let webp = b"RIFF\0\0\0\0WEBPVP8 ";
    assert_eq!(media_type(webp), Some("image/webp"));
    assert_eq!(media_type(b"GIF89a"), Some("image/gif"));
    assert_eq!(media_type(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
    assert_eq!(media_type(b"RIFF\0\0\0\0WAVE"), None);
}

#[tokio::test]
async fn an_answer_is_never_too_long() {
    let lines = format!("{}\n", "y".repeat(LINE_BYTES_MAX + 9)).repeat(100);
    let answer = read(&[("a", &lines)], r#"{"path": "a"}"#).await;
    assert!(answer.text.len() <= ANSWER_BYTES_MAX + 200, "{}", answer.text.len());
    assert!(answer.text.contains("more lines: go on from first_line"));
}
