//! `whimbrel feed`: what waits for a person, one card after the other, in the terminal.

use std::io::{IsTerminal as _, stdin};

use anyhow::Result;
use domain::verdict::{Reason, Said, Via};
use domain::{Clock as _, SystemClock, Verdict};
use engine::Engine;
use engine::card::Card;
use engine::verdict::{GRACE_MS, Wish};
use proof::chips::{Chip, Tone};
use serde_json::{Value, json};

use super::{terminal, verdict};
use crate::exit::Exit;
use crate::ui;

const TITLE_CHARS_MAX: usize = 100;
const KEYS: &str = "→ approve   ← reject   f feedback   d diff   ↓ next   ↑ back   u undo   q quit";

pub async fn run(json: bool) -> Result<Exit> {
    let engine = super::open().await?;
    let cards = engine::card::cards(&engine).await?;
    if json {
        cards.iter().for_each(|card| ui::json(&object(card)));
    } else if cards.is_empty() {
        ui::out("Nothing waits for you.");
    } else if ui::is_terminal() && stdin().is_terminal() {
        Feed { engine, cards, at: 0, last: None }.run().await?;
    } else {
        cards.iter().for_each(|card| ui::out(&shown(card)));
    }
    Ok(Exit::Ok)
}

fn object(card: &Card) -> Value {
    json!({
        "attempt": card.attempt,
        "task": card.task,
        "project": card.project_name,
        "title": card.title,
        "asked": card.asked,
        "why": card.why,
        "chips": card.chips.iter().map(|chip| &chip.text).collect::<Vec<_>>(),
        "value": card.score.value,
        "trust": card.score.trust,
        "minutes": card.score.minutes,
        "approves": card.approves(),
        "since_last": card.since_last,
        "failed": card.failed,
        "pending": card.pending.as_ref().map(verdict::object),
    })
}

fn shown(card: &Card) -> String {
    let paint = ui::Paint::stdout();
    let chips: Vec<String> = card.chips.iter().map(painted).collect();
    let age = ui::age(card.since, SystemClock.now());
    let project = ui::line(&card.project_name, 40);
    let mut lines = vec![
        paint.dim(&format!("{project} · {} · {age} · about {}", card.attempt, minutes(card))),
        paint.bold(&ui::line(&card.title, TITLE_CHARS_MAX)),
        ui::wrapped(&ui::safe(&card.asked), 2),
    ];
    if !card.why.is_empty() {
        lines.push(ui::wrapped(&ui::safe(&card.why), 2));
    }
    if let Some(since) = &card.since_last {
        let said = since.feedback.as_ref();
        let said = said.map_or(String::new(), |said| format!(" “{}”", ui::flat(&said.text)));
        lines.push(format!("Since {}{said}:", since.attempt));
        lines.extend(since.differences.iter().map(|text| format!("  {}", ui::safe(text))));
    }
    if let Some(why) = &card.failed {
        lines.push(paint.red(&format!("The last decision failed: {}", ui::safe(why))));
    }
    lines.push(chips.join(" · "));
    match &card.pending {
        Some(pending) => lines.push(verdict::words(pending)),
        None => lines.push(paint.dim(&format!("Approving {}.", ui::safe(&card.approves())))),
    }
    lines.push(String::new());
    lines.join("\n")
}

fn minutes(card: &Card) -> String {
    match card.score.minutes {
        under if under < 1.0 => format!("{:.0} s", under * 60.0),
        minutes => format!("{minutes:.0} min"),
    }
}

fn painted(chip: &Chip) -> String {
    let paint = ui::Paint::stdout();
    match chip.tone {
        Tone::Good => paint.green(&chip.text),
        Tone::Plain => chip.text.clone(),
        Tone::Doubt => paint.yellow(&chip.text),
        Tone::Bad => paint.red(&chip.text),
    }
}

struct Feed {
    engine: Engine,
    cards: Vec<Card>,
    at: usize,
    last: Option<Verdict>,
}

impl Feed {
    async fn run(mut self) -> Result<()> {
        while let Some(card) = self.cards.get(self.at) {
            ui::out(&format!("{}\n{}", shown(card), ui::Paint::stdout().dim(KEYS)));
            match terminal::key()? {
                terminal::Key::Right | terminal::Key::Char('a') => self.give(Said::Approve).await?,
                terminal::Key::Left | terminal::Key::Char('r') => self.reject().await?,
                terminal::Key::Char('f') => {
                    let text = terminal::line("What should be different? ")?;
                    if !text.is_empty() {
                        self.give(Said::Feedback { text }).await?;
                    }
                }
                terminal::Key::Char('d') => self.diff().await?,
                terminal::Key::Down | terminal::Key::Char('j' | 'n') => self.at += 1,
                terminal::Key::Up | terminal::Key::Char('k') => {
                    self.at = self.at.saturating_sub(1);
                }
                terminal::Key::Char('u') => self.undo().await?,
                terminal::Key::Char('q') | terminal::Key::End => return Ok(()),
                terminal::Key::Char(_) | terminal::Key::Other => {}
            }
        }
        ui::out("That was the last one.");
        Ok(())
    }

    async fn diff(&self) -> Result<()> {
        let attempt = &self.cards[self.at].attempt;
        if let Some(change) = store::change::get(&self.engine.store, attempt).await? {
            super::diff::print(&self.engine, attempt, &change, false).await?;
        }
        Ok(())
    }

    async fn reject(&mut self) -> Result<()> {
        let reasons = (1..).zip(Reason::ALL);
        let listed: Vec<String> =
            reasons.map(|(number, reason)| format!("{number} {}", reason.words())).collect();
        ui::out(&format!("{}   (any other key: don't)", listed.join("   ")));
        let terminal::Key::Char(digit) = terminal::key()? else { return Ok(()) };
        let chosen = digit.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1));
        match chosen.and_then(|index| Reason::ALL.get(index)) {
            Some(reason) => self.give(Said::Reject { reason: *reason, words: String::new() }).await,
            None => Ok(()),
        }
    }

    async fn give(&mut self, said: Said) -> Result<()> {
        let attempt = self.cards[self.at].attempt.clone();
        let wish = Wish { attempt, said, via: Via::Cli, grace_ms: GRACE_MS };
        match engine::verdict::give(&self.engine, wish).await {
            Ok(given) => {
                ui::out(&format!("{} u takes it back for 5 s.\n", verdict::words(&given)));
                self.last = Some(given);
                self.at += 1;
                super::leave_to_the_engine(&self.engine).await;
            }
            Err(error) => ui::out(&ui::Paint::stdout().red(&ui::safe(&engine::words(&error)))),
        }
        Ok(())
    }

    async fn undo(&mut self) -> Result<()> {
        let Some(last) = self.last.take() else { return Ok(()) };
        match engine::verdict::withdraw(&self.engine, &last.id).await {
            Ok(_withdrawn) => {
                ui::out("Taken back.\n");
                self.at = self.at.saturating_sub(1);
            }
            Err(error) => ui::out(&ui::Paint::stdout().red(&ui::safe(&engine::words(&error)))),
        }
        Ok(())
    }
}
