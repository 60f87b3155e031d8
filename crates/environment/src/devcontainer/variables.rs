//! The `${…}` of a dev container's texts. What needs the host's environment, or a container that
//! runs, has no value here.

const WORKSPACE: &str = "/workspace";
const WORKSPACE_NAME: &str = "workspace";

/// `text` with every variable replaced; `None` where one has no value here.
pub fn replace(text: &str) -> Option<String> {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(end) = rest[start..].find('}') else { break };
        replaced.push_str(&rest[..start]);
        let name = &rest[start + 2..start + end];
        match value(name) {
            Known::Value(value) => replaced.push_str(&value),
            Known::OfTheShell => replaced.push_str(&rest[start..=start + end]),
            Known::NotHere => return None,
        }
        rest = &rest[start + end + 1..];
    }
    replaced.push_str(rest);
    (!replaced.contains('\0')).then_some(replaced)
}

enum Known {
    Value(String),
    /// `${HOME}` in a command is the shell's to replace.
    OfTheShell,
    NotHere,
}

fn value(name: &str) -> Known {
    match name {
        "containerWorkspaceFolder" | "localWorkspaceFolder" => Known::Value(WORKSPACE.into()),
        "containerWorkspaceFolderBasename" | "localWorkspaceFolderBasename" => {
            Known::Value(WORKSPACE_NAME.into())
        }
        "devcontainerId" => Known::NotHere,
        other => match other.split_once(':') {
            // Nothing of the host's environment is inside, so only a default is left.
            Some(("localEnv", named)) => named
                .split_once(':')
                .map_or(Known::NotHere, |(_, default)| Known::Value(default.to_owned())),
            Some(("containerEnv", _)) => Known::NotHere,
            Some(_) | None => Known::OfTheShell,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn what_is_known_is_replaced_and_what_is_not_is_told() {
        let replaced = |text| replace(text).unwrap_or_else(|| "nothing".into());
        assert_eq!(replaced("a ${containerWorkspaceFolder}/b"), "a /workspace/b");
        assert_eq!(replaced("${localEnv:USER:nobody}"), "nobody");
        assert_eq!(replaced("${localEnv:USER}"), "nothing");
        assert_eq!(replaced("${containerEnv:PATH}:/x"), "nothing");
        assert_eq!(replaced("echo ${HOME} ${x:-1} ${"), "echo ${HOME} ${x:-1} ${");
    }
}
