//! What hints and signatures say was meant: arguments by name, defaults, exceptions, texts.

use super::sink::Sink;
use super::{Here, filled};
use crate::role::{Field, Role};
use crate::scope::own_name_of_callee;

/// For a value that has not the argument's name.
const OTHER_VALUE: f64 = 0.2;
const KEYWORDS_MAX: usize = 12;
const EXCEPTIONS_MAX: usize = 8;

/// An argument by name, which the callee's signature or another call of it knows.
pub fn keyword(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (Role::Call, Some(form)) = (here.node.role(), here.write().keyword) else { return };
    let (Some(callee), Some(arguments)) = (here.field(Field::Callee), here.field(Field::Arguments))
    else {
        return;
    };
    if arguments.role() != Role::Arguments {
        return;
    }
    let parts = arguments.parts();
    let given: Vec<&str> =
        parts.iter().filter_map(|part| Some(part.field(Field::Name)?.text())).collect();
    let old: Vec<&str> = parts.iter().map(|part| part.text()).collect();
    let names = keywords(here, own_name_of_callee(callee));
    for name in names.iter().filter(|name| !given.contains(&name.as_str())).take(KEYWORDS_MAX) {
        for (value, more) in values(here, name) {
            let new = filled(form, &[("{a}", name), ("{b}", value)]);
            let all: Vec<&str> = old.iter().copied().chain([new.as_str()]).collect();
            sink.dearer(arguments, format!("({})", all.join(", ")), more);
        }
    }
}

fn keywords(here: &Here<'_>, callee: &str) -> Vec<String> {
    let vocabulary = here.vocabulary();
    let known = vocabulary.keywords.get(callee).into_iter().flatten().cloned();
    let own = here.write().this.trim_end_matches('.');
    let of_signature = vocabulary
        .signatures
        .iter()
        .filter(|signature| signature.name == callee)
        .flat_map(|signature| signature.parameters.iter().filter(|name| *name != own).cloned());
    let mut all: Vec<String> = known.chain(of_signature).collect();
    all.sort();
    all.dedup();
    all
}

/// The variable of that name, then what is often passed.
fn values<'h>(here: &Here<'h>, name: &str) -> Vec<(&'h str, f64)> {
    let named = here.scope.names.iter().filter(|known| known.as_str() == name);
    let others = here.write().usual.iter().take(6).map(|value| (*value, OTHER_VALUE));
    named.map(|value| (value.as_str(), 0.0)).chain(others).collect()
}

/// Another default, or one where there is none.
pub fn default(here: &Here<'_>, sink: &mut Sink<'_>) {
    let node = here.node;
    let write = here.write();
    let Some(form) = write.default else { return };
    if node.role() == Role::DefaultParameter
        && let Some(value) = node.field(Field::Value)
    {
        for new in write.usual {
            sink.dearer(value, *new, 0.0);
        }
        return;
    }
    let plain = node.role() == Role::Name && node.within(Role::Parameters).is_some();
    let typed = node.role() == Role::DefaultParameter && !node.text().contains('?');
    let this = write.this.trim_end_matches('.');
    if (plain || typed) && node.text() != this {
        for new in write.usual {
            sink.dearer(node, filled(form, &[("{a}", node.text()), ("{b}", new)]), 0.0);
        }
    }
}

/// A handler that also catches what ended a test.
pub fn except(here: &Here<'_>, sink: &mut Sink<'_>) {
    let (Some((several, all)), Role::Except) = (here.write().except, here.node.role()) else {
        return;
    };
    let Some(caught) = here.field(Field::Value).or_else(|| here.node.parts().first().copied())
    else {
        return;
    };
    let named = caught.role() == Role::Pattern;
    let caught = caught.parts().first().copied().filter(|_| named).unwrap_or(caught);
    if !caught.is(&[Role::Name, Role::Attribute, Role::Tuple]) {
        return;
    }
    let old = caught.text().trim_matches(['(', ')']).trim_end_matches([',', ' ']);
    for new in here.hints.exceptions.iter().filter(|new| is_path(new)).take(EXCEPTIONS_MAX) {
        sink.replace(caught, several.replace("{}", &format!("{old}, {new}")));
        sink.dearer(caught, new, OTHER_VALUE);
    }
    if !here.hints.exceptions.is_empty() {
        sink.dearer(caught, all, 2.0 * OTHER_VALUE);
    }
}

/// A test's words are put into a program only where they are a name.
pub fn is_path(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.len() <= 80 && text.split('.').all(part)
}
