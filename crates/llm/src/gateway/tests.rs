//! Over real HTTP, with time that is set where it has to pass.

use std::ops::ControlFlow;

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::fake::{ScriptedServer, Turn};
use crate::{Message, OnQuota, Price, Quota, RetryPolicy, Sources, Usage, Wire};

/// Keeps accounts in memory, and can be told what to refuse.
#[derive(Default)]
struct Book {
    lines: Mutex<Vec<Line>>,
    budget: Option<usize>,
    broken: bool,
    /// Time goes on by itself again with the second request.
    resumes: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Line {
    asking: Asking,
    spent: Option<Spent>,
}

impl Book {
    fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    /// Model, tokens in and out, cost, and whether it was answered.
    fn summary(&self) -> Vec<(String, u64, u64, Option<u64>, bool)> {
        let spent = self.lines().into_iter().map(|line| line.spent.unwrap());
        let short = |spent: Spent| {
            let Spent { model, usage, cost_micros, answered } = spent;
            (model, usage.input_tokens, usage.output_tokens, cost_micros, answered)
        };
        spent.map(short).collect()
    }
}

#[async_trait]
impl Ledger for Book {
    async fn open(&self, asking: &Asking) -> Result<u32, Error> {
        let mut lines = self.lines.lock().unwrap();
        if self.budget.is_some_and(|budget| lines.len() >= budget) {
            let limit = domain::attempt::Limit::Money;
            return Err(Error::OutOfBudget { limit, reason: "the budget is spent".into() });
        }
        lines.push(Line { asking: asking.clone(), spent: None });
        if self.resumes && lines.len() == 2 {
            tokio::time::resume();
        }
        Ok(lines.len() as u32)
    }

    async fn close(&self, exchange: u32, spent: &Spent) -> Result<(), Error> {
        if self.broken {
            return Err(Error::Ledger { source: "the disk is full".into() });
        }
        let line = &mut self.lines.lock().unwrap()[exchange as usize - 1];
        assert_eq!(line.spent.replace(spent.clone()), None, "closed once");
        Ok(())
    }
}

/// What was told of retries. A wait that a person would notice is over at once: time is set
/// forward only for it, because an answer over a real connection takes real time.
#[derive(Default)]
struct Heard(Vec<(String, Duration)>);

#[async_trait]
impl Watch for Heard {
    async fn text(&mut self, _piece: &str) {}

    async fn retried(&mut self, reason: &str, wait: Duration) -> ControlFlow<()> {
        self.0.push((reason.to_owned(), wait));
        if wait > Duration::from_secs(1) {
            tokio::time::pause();
        }
        ControlFlow::Continue(())
    }
}

/// Waits of a few milliseconds, so that tests are quick.
const RETRY: RetryPolicy = RetryPolicy { attempts_max: 4, base_ms: 4, wait_ms_max: 10 };

/// A million dollars for a million tokens, so that a token costs a dollar, cached or not.
const PRICE: Price = Price {
    input: 1_000_000_000_000,
    cached: 1_000_000_000_000,
    cache_write: 1_000_000_000_000,
    output: 1_000_000_000_000,
};

struct NoonClock;

impl Clock for NoonClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_764_331_200_000)
    }
}

fn config(server: &ScriptedServer, model: &str) -> Config {
    let url = server.url();
    let env = |name: &str| match name {
        "WHIMBREL_MODEL_URL" => Some(url.clone()),
        "WHIMBREL_MODEL_KEY" => Some("sk-very-secret".to_owned()),
        _ => None,
    };
    Config { price: Some(PRICE), ..Config::resolve(model, &env, None).unwrap() }
}

fn gateway(chain: Vec<Config>, quota: Quota, book: &Arc<Book>) -> Gateway {
    let options = Options { retry: RETRY, quota, ..Options::default() };
    let ledger: Arc<dyn Ledger> = Arc::clone(book) as _;
    Gateway::with_clock(chain, options, ledger, Arc::new(NoonClock)).unwrap()
}

async fn ask(gateway: &Gateway, messages: &[Message]) -> (Result<Reply, Error>, Heard) {
    let deadline = Instant::now() + Duration::from_secs(600);
    let request = Request { messages, tools: &[], deadline };
    let mut heard = Heard::default();
    (gateway.reply(&request, &mut heard).await, heard)
}

/// One model, one question.
async fn story(turns: Vec<Turn>, quota: Quota) -> (Result<Reply, Error>, Heard, Arc<Book>) {
    let server = ScriptedServer::start(turns).await.unwrap();
    let book = Arc::new(Book::default());
    let gateway = gateway(vec![config(&server, "openai/m")], quota, &book);
    let (result, heard) = ask(&gateway, &[Message::user("Go and fix it")]).await;
    (result, heard, book)
}

#[tokio::test]
async fn every_request_is_opened_and_closed_once() {
    let usage = Usage { input_tokens: 30, output_tokens: 4, ..Usage::default() };
    let turns = vec![Turn::status(503), Turn::CutStream, Turn::say("Hi").using(usage)];
    let (result, heard, book) = story(turns, Quota::default()).await;
    let reply = result.unwrap();
    assert_eq!((reply.exchange, reply.model.as_str()), (3, "openai/m"));
    assert_eq!((reply.cost_micros, heard.0.len()), (Some(34_000_000), 2));
    let asking = &book.lines()[0].asking;
    assert_eq!((asking.estimated_input_tokens, asking.estimated_micros), (12, Some(12_000_000)));
    let model = || "openai/m".to_owned();
    let [refused, cut, answered] = &book.summary()[..] else { panic!("three exchanges") };
    assert_eq!(*refused, (model(), 0, 0, Some(0), false), "a refusal costs nothing");
    assert_eq!((cut.0.clone(), cut.1, cut.4), (model(), 12, false), "a cut answer is estimated");
    assert!(cut.2 > 0 && cut.3 == Some((12 + cut.2) * 1_000_000), "{cut:?}");
    assert_eq!(*answered, (model(), 30, 4, Some(34_000_000), true));
}

#[tokio::test]
async fn what_a_cut_stream_told_is_what_it_cost() {
    let server = ScriptedServer::start([Turn::CutStream, Turn::say("Hi")]).await.unwrap();
    let book = Arc::new(Book::default());
    let gateway = gateway(vec![config(&server, "anthropic/m")], Quota::default(), &book);
    ask(&gateway, &[Message::user("Go")]).await.0.unwrap();
    assert_eq!(book.summary()[0].1, 100, "Anthropic tells what it read at the beginning");
}

#[tokio::test]
async fn an_unknown_price_stays_unknown() {
    let server = ScriptedServer::start([Turn::CutStream, Turn::say("Hi")]).await.unwrap();
    let book = Arc::new(Book::default());
    let unknown = Config { price: None, ..config(&server, "local/m") };
    let gateway = gateway(vec![unknown], Quota::default(), &book);
    let reply = ask(&gateway, &[Message::user("Go")]).await.0.unwrap();
    assert_eq!(reply.cost_micros, None);
    let costs: Vec<_> = book.summary().into_iter().map(|line| line.3).collect();
    assert_eq!((costs, book.lines()[0].asking.estimated_micros), (vec![None, None], None));
}

#[tokio::test]
async fn nothing_leaves_without_leave() {
    let turns = vec![Turn::Forever(vec![Turn::status(503)])];
    let server = ScriptedServer::start(turns).await.unwrap();
    let book = Arc::new(Book { budget: Some(2), ..Book::default() });
    let gateway = gateway(vec![config(&server, "openai/m")], Quota::default(), &book);
    let (result, _) = ask(&gateway, &[Message::user("Go")]).await;
    assert!(matches!(result, Err(Error::OutOfBudget { .. })), "{result:?}");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn an_account_that_cannot_be_written_ends_the_turn() {
    let server = ScriptedServer::start([Turn::say("a"), Turn::say("b")]).await.unwrap();
    let book = Arc::new(Book { broken: true, ..Book::default() });
    let gateway = gateway(vec![config(&server, "openai/m")], Quota::default(), &book);
    let (result, _) = ask(&gateway, &[Message::user("Go")]).await;
    assert_eq!(
        words(&result.unwrap_err()),
        "the account of what models cost can't be written: the disk is full"
    );
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_quota_that_resets_later_says_when() {
    let (result, heard, book) = story(vec![Turn::rate_limited("3600")], Quota::default()).await;
    let Err(Error::QuotaUsedUp { provider, message, until }) = result else { panic!("{result:?}") };
    assert_eq!((provider.as_str(), until), ("openai", NoonClock.now().plus_ms(3_600_000)));
    assert_eq!(message, "the provider limits the rate: scripted 429");
    assert_eq!((heard.0.len(), book.lines().len()), (0, 1));
}

#[tokio::test]
async fn a_quotas_policy_is_followed() {
    let fail = Quota { then: OnQuota::Fail, ..Quota::default() };
    let (result, ..) = story(vec![Turn::rate_limited("3600")], fail).await;
    assert_eq!(
        words(&result.unwrap_err()),
        "the provider asks to wait 3600 s, which quota = \"fail\" of models.toml rules out; use \
         another model or try later: the provider limits the rate: scripted 429"
    );
    let (result, ..) = story(vec![Turn::rate_limited("90000")], Quota::default()).await;
    assert!(words(&result.unwrap_err()).contains("is longer than quota_wait_max (21600 s)"));
}

#[tokio::test]
async fn a_short_quota_is_waited_for_and_the_wait_is_never_shorter() {
    let turns = [Turn::rate_limited("40"), Turn::say("Hi")];
    let server = ScriptedServer::start(turns).await.unwrap();
    let book = Arc::new(Book { resumes: true, ..Book::default() });
    let gateway = gateway(vec![config(&server, "openai/m")], Quota::default(), &book);
    let begun = Instant::now();
    let (result, heard) = ask(&gateway, &[Message::user("Go")]).await;
    assert_eq!(result.unwrap().text, "Hi");
    let [(_, wait)] = &heard.0[..] else { panic!("one retry") };
    assert!((40_000..=44_000).contains(&wait.as_millis()), "{wait:?}");
    assert!(begun.elapsed() >= *wait);
}

/// Two models, of which the first does something.
struct Pair {
    first: ScriptedServer,
    second: ScriptedServer,
    book: Arc<Book>,
    gateway: Gateway,
}

impl Pair {
    async fn new(first: Vec<Turn>, second: Vec<Turn>) -> Self {
        let first = ScriptedServer::start(first).await.unwrap();
        let second = ScriptedServer::start(second).await.unwrap();
        let book = Arc::new(Book::default());
        let chain = vec![config(&first, "anthropic/a"), config(&second, "openai/b")];
        let gateway = gateway(chain, Quota::default(), &book);
        Self { first, second, book, gateway }
    }
}

#[tokio::test]
async fn another_model_answers_when_the_first_gives_up() {
    let troubles = [
        (Turn::status(529), 3),
        (Turn::rate_limited("3600"), 1),
        (Turn::rate_limited("30"), 1),
        (Turn::status(401), 1),
        (Turn::status(404), 1),
    ];
    for (trouble, tries) in troubles {
        let first = vec![Turn::Forever(vec![trouble.clone()])];
        let pair = Pair::new(first, vec![Turn::Forever(vec![Turn::say("Hi")])]).await;
        let (result, heard) = ask(&pair.gateway, &[Message::user("Go")]).await;
        let reply = result.unwrap();
        assert_eq!((reply.model.as_str(), reply.exchange), ("openai/b", tries + 1), "{trouble:?}");
        assert!(heard.0.last().unwrap().0.ends_with("; asks openai/b instead"), "{:?}", heard.0);
        // It isn't asked again at once.
        ask(&pair.gateway, &[Message::user("Go")]).await.0.unwrap();
        assert_eq!((pair.first.asked(), pair.second.asked()), (tries as usize, 2));
        assert_eq!(pair.book.lines().len(), tries as usize + 2);
    }
}

#[tokio::test]
async fn a_bad_request_is_nobody_elses_business() {
    let pair = Pair::new(vec![Turn::status(400)], vec![Turn::say("Hi")]).await;
    let (result, _) = ask(&pair.gateway, &[Message::user("Go")]).await;
    assert!(matches!(result, Err(Error::BadRequest { .. })), "{result:?}");
    assert_eq!(pair.second.asked(), 0);
}

#[tokio::test]
async fn when_all_quotas_are_used_up_the_one_that_comes_back_first_is_told() {
    let late = Turn::Forever(vec![Turn::rate_limited("7200")]);
    let early = Turn::Forever(vec![Turn::rate_limited("600")]);
    for (first, second) in [(late.clone(), early.clone()), (early, late)] {
        let pair = Pair::new(vec![first], vec![second]).await;
        let (result, _) = ask(&pair.gateway, &[Message::user("Go")]).await;
        let Err(Error::QuotaUsedUp { until, .. }) = result else { panic!("{result:?}") };
        assert_eq!(until, NoonClock.now().plus_ms(600_000));
    }
}

#[tokio::test]
async fn thoughts_of_one_model_are_not_told_to_another() {
    let first = vec![
        Turn::call("f", &json!({})).thinking("private thought"),
        Turn::Forever(vec![Turn::status(529)]),
    ];
    let pair = Pair::new(first, vec![Turn::say("Hi")]).await;
    let mut messages = vec![Message::user("Go")];
    let reply = ask(&pair.gateway, &messages).await.0.unwrap();
    messages.push(Message::from_reply(&reply));
    messages.push(Message::tool_result(&reply.calls[0].id, true, "done"));
    assert_eq!(ask(&pair.gateway, &messages).await.0.unwrap().model, "openai/b");
    assert!(pair.first.requests()[1].mentions("private thought"));
    assert!(!pair.second.requests()[0].mentions("private thought"));
}

#[tokio::test]
async fn a_conversation_goes_to_no_fallback_that_it_does_not_fit_into() {
    let first = ScriptedServer::start([Turn::Forever(vec![Turn::status(401)])]).await.unwrap();
    let second = ScriptedServer::start([Turn::say("Hi")]).await.unwrap();
    let small = Config { window_tokens: 10, ..config(&second, "openai/b") };
    let book = Arc::new(Book::default());
    let gateway = gateway(vec![config(&first, "anthropic/a"), small], Quota::default(), &book);
    let (result, _) = ask(&gateway, &[Message::user("x".repeat(100))]).await;
    assert!(matches!(result, Err(Error::Unauthorized { .. })), "{result:?}");
    assert_eq!(second.asked(), 0);
}

/// Whatever goes wrong and however it is shown: no key.
#[tokio::test]
async fn no_key_is_in_any_error_record_or_debug() {
    let repeats = |status| {
        Turn::Raw {
        status,
        headers: Vec::new(),
        body: json!({ "error": {
            "message": "bad key sk-very-secret!", "type": "sk-very-secret", "code": "sk-very-secret",
        } })
        .to_string(),
    }
    };
    let mangled =
        Turn::Raw { status: 200, headers: Vec::new(), body: "data: sk-very-secret\n\n".to_owned() };
    for wire in ["openai/m", "openai-chat/m", "anthropic/m", "gemini/m"] {
        for turn in
            [repeats(400), repeats(401), repeats(404), repeats(429), repeats(500), mangled.clone()]
        {
            let server = ScriptedServer::start([Turn::Forever(vec![turn])]).await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            let recorder = Recorder::new(folder.path(), vec!["extra-secret".into()]).unwrap();
            let book = Arc::new(Book::default());
            let gateway =
                gateway(vec![config(&server, wire)], Quota::default(), &book).recording(recorder);
            let said = Message::user("my key is sk-very-secret and this is extra-secret");
            let (result, heard) = ask(&gateway, &[said]).await;
            let error = result.unwrap_err();
            let shown = format!("{error:?} {} {:?} {:?}", words(&error), heard.0, book.lines());
            assert!(!shown.contains("very-secret"), "{shown}");
            assert_eq!(gateway.unrecorded(), None);
            let record = crate::Record::open(folder.path()).unwrap();
            let text = serde_json::to_string(&record.exchanges).unwrap();
            assert!(!record.exchanges.is_empty() && !text.contains("secret"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_alias_is_asked_through_its_chain() {
    let server = ScriptedServer::start([Turn::say("Hi")]).await.unwrap();
    let text = format!(
        "aliases.quick = \"lab/small\"\n[providers.lab]\nbase_url = \"{}\"\nwire = \"messages\"\n\
         headers = {{ \"x-team\" = \"core\" }}\nkey_env = \"LAB\"",
        server.url()
    );
    let models = crate::Models::parse(std::path::Path::new("models.toml"), &text).unwrap();
    let env = |name: &str| (name == "LAB").then(|| "sk-lab-key".to_owned());
    let sources = Sources { env: &env, file: None, models: Some(&models) };
    let chain = Config::chain("quick", sources).unwrap();
    assert_eq!(chain[0].wire, Wire::Messages);
    let book = Arc::new(Book::default());
    let gateway = gateway(chain, models.quota(), &book);
    assert_eq!(ask(&gateway, &[Message::user("Go")]).await.0.unwrap().model, "lab/small");
    let asked = server.requests().remove(0);
    assert_eq!(
        (asked.header("x-team"), asked.header("x-api-key")),
        (Some("core"), Some("sk-lab-key"))
    );
}
