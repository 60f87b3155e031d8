use super::*;

fn said(turn: &Turn) -> &str {
    match turn {
        Turn::Reply { text, .. } => text,
        Turn::Raw { .. } => "over",
        Turn::Status { .. }
        | Turn::CutStream
        | Turn::Nonsense
        | Turn::Hang
        | Turn::After(..)
        | Turn::Using(..)
        | Turn::Thinking(..)
        | Turn::Forever(_) => "other",
    }
}

#[test]
fn a_script_is_played_to_its_end() {
    let turns = [Turn::say("a"), Turn::say("b")];
    let played: Vec<Turn> = (0..4).map(|at| nth(&turns, at)).collect();
    assert_eq!(played.iter().map(said).collect::<Vec<_>>(), ["a", "b", "over", "over"]);
    assert_eq!(said(&nth(&[], 0)), "over");
}

#[test]
fn what_is_forever_repeats() {
    let turns = [Turn::say("a"), Turn::Forever(vec![Turn::say("b"), Turn::say("c")])];
    let played: Vec<Turn> = (0..6).map(|at| nth(&turns, at)).collect();
    assert_eq!(played.iter().map(said).collect::<Vec<_>>(), ["a", "b", "c", "b", "c", "b"]);
}

/// About as many at once as a measurement has attempts, and as a process may usually have files.
#[tokio::test]
async fn hundreds_are_served_at_once() {
    let delay = Duration::from_millis(300);
    let turns = [Turn::Forever(vec![Turn::say("Hi").after(delay)])];
    let serving = Serving { forgets: true, ..Serving::default() };
    let server = ScriptedServer::start_with(serving, turns).await.unwrap();
    let url = server.url();
    let env = |name: &str| (name == "WHIMBREL_MODEL_URL").then(|| url.clone());
    let config = crate::Config::resolve("local/m", &env, None).unwrap();
    let client = Arc::new(crate::Client::new(config, crate::Options::default()).unwrap());
    let begun = tokio::time::Instant::now();
    let mut asking = JoinSet::new();
    for _ in 0..400 {
        let client = Arc::clone(&client);
        asking.spawn(async move {
            let messages = [crate::Message::user("Go")];
            let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
            let request = crate::Request { messages: &messages, tools: &[], deadline };
            crate::Model::reply(client.as_ref(), &request, &mut crate::Unwatched).await.unwrap()
        });
    }
    let said = asking.join_all().await;
    assert!(said.iter().all(|reply| reply.text == "Hi"));
    assert_eq!((server.asked(), server.requests().len()), (400, 0));
    // One after the other would take two minutes.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_comes_back_on_its_port() {
    let first = ScriptedServer::start_on(0, [Turn::say("a")]).await.unwrap();
    let port = first.address.port();
    drop(first);
    let again = async {
        loop {
            match ScriptedServer::start_on(port, [Turn::say("b")]).await {
                Ok(server) => return server,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let second = tokio::time::timeout(Duration::from_secs(10), again).await.unwrap();
    assert_eq!(second.address.port(), port);
}
