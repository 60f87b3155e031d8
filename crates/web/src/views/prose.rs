//! Markdown that an agent wrote. What it says is kept; what it could do is not: markup in it is
//! shown as text, an image is its words, and a link is its words and where it would lead.

use maud::{Markup, html};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{brief, text};

/// Lists in quotes in lists: deeper ones are shown flat.
const DEPTH_MAX: usize = 12;
/// Of one text.
const BYTES_MAX: usize = 256 * 1024;

pub fn shown(markdown: &str) -> Markup {
    let cut = stdx::cut::middle(markdown, BYTES_MAX);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut events = Parser::new_ext(&cut, options);
    html! { div.prose dir="auto" { (inside(&mut events, 0)) } }
}

/// All up to the end of the element that the events are in.
fn inside<'a>(events: &mut impl Iterator<Item = Event<'a>>, depth: usize) -> Markup {
    let mut parts: Vec<Markup> = Vec::new();
    let mut flat = 0usize;
    while let Some(event) = events.next() {
        match event {
            Event::Start(_) if depth >= DEPTH_MAX => flat += 1,
            Event::Start(tag) => {
                let inner = inside(events, depth + 1);
                parts.push(element(&tag, &inner));
            }
            Event::End(_) if flat > 0 => flat -= 1,
            Event::End(end) => {
                if matches!(end, TagEnd::HtmlBlock) {
                    parts = vec![html! { pre { @for part in &parts { (part) } } }];
                }
                break;
            }
            Event::Text(words) | Event::Html(words) | Event::InlineHtml(words) => {
                parts.push(html! { (text::Marked(&words)) });
            }
            Event::Code(code) | Event::InlineMath(code) | Event::DisplayMath(code) => {
                parts.push(html! { code { (text::Marked(&code)) } });
            }
            Event::SoftBreak => parts.push(html! { "\n" }),
            Event::HardBreak => parts.push(html! { br; }),
            Event::Rule => parts.push(html! { hr; }),
            Event::TaskListMarker(done) => {
                parts.push(html! { (if done { "[x] " } else { "[ ] " }) });
            }
            Event::FootnoteReference(name) => parts.push(html! { "[" (name) "]" }),
        }
    }
    html! { @for part in &parts { (part) } }
}

fn element(tag: &Tag<'_>, inner: &Markup) -> Markup {
    match tag {
        Tag::Paragraph => html! { p { (inner) } },
        // The page's outline is made of its own headings.
        Tag::Heading { .. } => html! { p.prose-heading { (inner) } },
        Tag::BlockQuote(_) => html! { blockquote { (inner) } },
        Tag::CodeBlock(kind) => {
            let is_diff = matches!(kind, CodeBlockKind::Fenced(name) if name.starts_with("diff"));
            html! { pre tabindex="0" .diff[is_diff] { code { (inner) } } }
        }
        Tag::List(None) => html! { ul { (inner) } },
        Tag::List(Some(start)) => html! { ol start=(start) { (inner) } },
        Tag::Item => html! { li { (inner) } },
        Tag::Emphasis => html! { em { (inner) } },
        Tag::Strong => html! { strong { (inner) } },
        Tag::Strikethrough => html! { s { (inner) } },
        Tag::Table(_) => {
            html! { div.table-wrap tabindex="0" role="group" aria-label="Table" { table.table { (inner) } } }
        }
        Tag::TableHead | Tag::TableRow => html! { tr { (inner) } },
        Tag::TableCell => html! { td { (inner) } },
        Tag::Link { dest_url, .. } => lead("link", inner, dest_url),
        Tag::Image { dest_url, .. } => lead("image", inner, dest_url),
        Tag::HtmlBlock
        | Tag::FootnoteDefinition(_)
        | Tag::DefinitionList
        | Tag::DefinitionListTitle
        | Tag::DefinitionListDefinition
        | Tag::Superscript
        | Tag::Subscript
        | Tag::MetadataBlock(_) => inner.clone(),
    }
}

/// Where it would lead is read before anybody goes there.
fn lead(what: &str, inner: &Markup, address: &str) -> Markup {
    html! { (inner) span.muted { " (" (what) ": " (brief::line(address, 300)) ")" } }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_could_act_is_text() {
        let hostile = "# Done\n\n<script>alert(1)</script>\n\n[here](javascript:alert(1)) \
                       ![x](https://evil.test/p.png) <b onclick=x>**bold**</b> `a<b`\n\n- one\n- two\n";
        let markup = shown(hostile).into_string();
        assert!(!markup.contains("<script") && !markup.contains("<a ") && !markup.contains("<img"));
        expect![[r#"
            <div class="prose" dir="auto"><p class="prose-heading">Done</p><pre>&lt;script&gt;alert(1)&lt;/script&gt;
            </pre><p>here<span class="muted"> (link: <bdi>javascript:alert(1)</bdi>)</span> x<span class="muted"> (image: <bdi>https://evil.test/p.png</bdi>)</span> &lt;b onclick=x&gt;<strong>bold</strong>&lt;/b&gt; <code>a&lt;b</code></p><ul><li>one</li><li>two</li></ul></div>"#]].assert_eq(&markup);
    }

    #[test]
    fn what_is_nested_a_thousand_times_is_shown_flat() {
        let deep = "> ".repeat(10_000) + "end";
        let markup = shown(&deep).into_string();
        assert!(markup.contains("end") && markup.matches("<blockquote").count() <= DEPTH_MAX);
    }
}
