//! Comments on lines: they wait, and become the feedback that a follow-up begins with, once.

use crate::guarding::http::Served;
use crate::scripted::{Scripted, finish, repair, shell};
use crate::world::wait_until;

#[test]
fn comments_on_lines_become_what_a_follow_up_is_told() {
    let mut turns = repair();
    turns.push(shell("sed -i '1i # Twice x.' double.py"));
    turns.push(finish("Say what it does", "Adds a comment."));
    let world = Scripted::new(turns);
    let repository = world.buggy("double");
    let object = world.delegate(&repository, &[], "double is wrong").exits(0).object();
    let attempt = object["attempts"][0]["id"].as_str().unwrap().to_owned();
    let told = ["--json", "token", "create", "ada", "--scopes", "read,task,decide"];
    let secret = world.run(&told).exits(0).object()["secret"].as_str().unwrap().to_owned();
    let served = Served::by(&world);
    let bearer = format!("Bearer {secret}");
    let ask =
        |asked: &str, body: &str| served.ask(asked, &[("Authorization", bearer.as_str())], body);
    let diff = format!("/attempts/{attempt}/diff");
    let comments = format!("POST /attempts/{attempt}/comments");

    ask(&format!("GET {diff}?comment=0R2"), "").is(200).says("name=\"line\" value=\"0R2\"");
    let back = "&back=https%3A%2F%2Fevil.example%2F";
    let said = ask(&comments, &format!("path=double.py&line=0R2&text=Say+why{back}")).is(303);
    assert_eq!(said.header("location").unwrap(), format!("{diff}#f0R2"));
    ask(&comments, "path=double.py&line=0L2&text=gone").is(303);
    ask(&comments, "path=double.py&line=0R2&text=++").is(422);
    // Where the page shows nothing, nobody would see what they send.
    ask(&comments, "path=elsewhere.py&line=0R2&text=hidden").is(422);
    let page = ask(&format!("GET {diff}"), "").is(200).says("Send 2 comments as feedback").body;
    let ids: Vec<&str> =
        page.split("id=\"c-").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{page}");
    // The removed line comes first.
    ask(&format!("POST /comments/{}/remove", ids[0]), "").is(303);
    ask(&format!("POST /comments/{}", ids[1]), "text=Say+what+it+does").is(303);

    let asked = world.asked();
    ask(&format!("{comments}/send"), "words=Nearly.").is(303);
    ask(&format!("{comments}/send"), "words=Nearly.").is(422);
    wait_until("the follow-up", || world.asked() > asked);
    let begun = world.requests().into_iter().any(|request| {
        request.mentions("double.py:2")
            && request.mentions("> return x * 2")
            && request.mentions("Say what it does")
    });
    assert!(begun, "{:?}", world.requests());
    let page = ask(&format!("GET {diff}"), "").is(200).says("sent").body;
    assert!(!page.contains("Send 1 comment") && !page.contains("gone"), "{page}");
}
