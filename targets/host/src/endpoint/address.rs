//! Which key goes to which endpoint: a key leaves only for the address that stands beside it.
//!
//! ```text
//! key stands in       URL stands in       sent to
//! environment         environment         that URL
//! environment         nowhere             OpenAI
//! .env                the same .env       that URL
//! .env                nowhere             OpenAI
//! environment         .env alone          nobody: refused
//! .env                environment         nobody: refused
//! nowhere             either              that URL, without a key
//! ```
//!
//! The environment wins over the file where it names both. A variable of the environment that
//! is set and empty says that there is no key, whatever the file has.

use std::env::VarError;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use runtime_engine::remote::{ApiKey, Endpoint};

use super::dotenv;

const KEY: &str = "OPENAI_API_KEY";
const BASE_URL: &str = "OPENAI_BASE_URL";
const OPENAI: &str = "https://api.openai.com/v1";
/// Read from the working folder, and from no other.
const FILE: &str = ".env";

/// What one place says of an endpoint; `None` for what it does not name.
#[derive(Default)]
struct Place {
    /// Empty where the environment says that there is none.
    key: Option<String>,
    base_url: Option<String>,
}

/// An address, and the key that may go there.
#[derive(Debug, PartialEq)]
struct Named {
    base_url: String,
    key: Option<ApiKey>,
}

/// The endpoint that the environment or the working folder's `.env` names.
pub(super) fn endpoint() -> anyhow::Result<Endpoint> {
    let folder = std::env::current_dir().context("cannot tell which folder this is")?;
    let path = folder.join(FILE);
    let environment = Place { key: variable(KEY)?, base_url: variable(BASE_URL)?.and_then(filled) };
    let [key, base_url] = dotenv::read(&path, [KEY, BASE_URL])?;
    let file = Place { key: key.and_then(filled), base_url: base_url.and_then(filled) };
    let Some(Named { base_url, key }) = choose(environment, file, &path)? else {
        bail!(
            "no endpoint is named: set {KEY}, or {BASE_URL} for an endpoint that needs no key, in \
             the environment or in a file {FILE} in the working folder{}",
            unread(&folder)
        )
    };
    Endpoint::new(&base_url, key).with_context(|| format!("{BASE_URL} or {KEY} cannot be used"))
}

/// What the two places name together; `None` where that is nothing.
fn choose(environment: Place, file: Place, path: &Path) -> anyhow::Result<Option<Named>> {
    let path = path.display();
    let named = |base_url: Option<String>, key: &str| {
        let base_url = base_url.unwrap_or_else(|| OPENAI.into());
        Ok(Some(Named { base_url, key: ApiKey::new(key) }))
    };
    match (environment.key, file.key) {
        (Some(key), _) if !key.is_empty() => {
            ensure!(
                environment.base_url.is_some() || file.base_url.is_none(),
                "{KEY} stands in the environment and {BASE_URL} in {path}, but a key goes only to \
                 the address beside it: set {BASE_URL} in the environment, too, or unset {KEY} \
                 there and write the key of that address into {path}"
            );
            named(environment.base_url, &key)
        }
        (None, Some(key)) => {
            ensure!(
                environment.base_url.is_none() || environment.base_url == file.base_url,
                "{KEY} stands in {path} and {BASE_URL} in the environment, but a key goes only to \
                 the address beside it: unset {BASE_URL} and write it into {path}, or set {KEY} in \
                 the environment, too, to nothing where that address needs no key"
            );
            named(file.base_url, &key)
        }
        (_, _) => {
            let base_url = environment.base_url.or(file.base_url);
            Ok(base_url.map(|base_url| Named { base_url, key: None }))
        }
    }
}

/// A variable of the environment, blanks around it removed.
fn variable(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not text"),
    }
}

fn filled(value: String) -> Option<String> {
    (!value.trim().is_empty()).then_some(value)
}

/// What is to be said of a file in a folder above, which somebody may have meant.
fn unread(folder: &Path) -> String {
    let above = folder.ancestors().skip(1).map(|folder| folder.join(FILE));
    let found = above.into_iter().find(|path| path.is_file());
    found.map_or_else(String::new, |path| {
        format!("; {} is not read, since it lies in a folder above", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "/here/.env";

    fn place((key, base_url): (Option<&str>, Option<&str>)) -> Place {
        Place { key: key.map(str::to_owned), base_url: base_url.map(str::to_owned) }
    }

    fn chosen(
        environment: (Option<&str>, Option<&str>),
        file: (Option<&str>, Option<&str>),
    ) -> anyhow::Result<Option<Named>> {
        choose(place(environment), place(file), Path::new(HERE))
    }

    fn check(
        environment: (Option<&str>, Option<&str>),
        file: (Option<&str>, Option<&str>),
        (base_url, key): (&str, Option<&str>),
    ) {
        let expected = Named { base_url: base_url.into(), key: key.and_then(ApiKey::new) };
        assert_eq!(chosen(environment, file).unwrap(), Some(expected));
    }

    #[test]
    fn a_key_goes_to_the_address_beside_it_or_to_openai() {
        check((Some("k1"), Some("u1")), (Some("k2"), Some("u2")), ("u1", Some("k1")));
        check((Some("k1"), None), (None, None), (OPENAI, Some("k1")));
        check((Some("k1"), None), (Some("k2"), None), (OPENAI, Some("k1")));
        check((None, None), (Some("k2"), Some("u2")), ("u2", Some("k2")));
        check((None, None), (Some("k2"), None), (OPENAI, Some("k2")));
        check((None, Some("u2")), (Some("k2"), Some("u2")), ("u2", Some("k2")));
    }

    #[test]
    fn an_address_without_a_key_may_stand_anywhere() {
        check((None, Some("u1")), (None, Some("u2")), ("u1", None));
        check((None, None), (None, Some("u2")), ("u2", None));
        check((Some(""), None), (None, Some("u2")), ("u2", None));
        check((Some(""), Some("u1")), (Some("k2"), Some("u2")), ("u1", None));
        assert_eq!(chosen((None, None), (None, None)).unwrap(), None);
    }

    #[test]
    fn a_key_of_one_place_and_an_address_of_the_other_are_refused_by_name() {
        for (environment, file) in [
            ((Some("k1"), None), (None, Some("u2"))),
            ((Some("k1"), None), (Some("k2"), Some("u2"))),
            ((None, Some("u1")), (Some("k2"), None)),
            ((None, Some("u1")), (Some("k2"), Some("u2"))),
        ] {
            let error = chosen(environment, file).unwrap_err().to_string();
            assert!(error.contains(HERE) && error.contains("in the environment"), "{error}");
            assert!(!error.contains("k1") && !error.contains("k2"), "{error}");
        }
    }
}
