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
//!
//! By http a key goes to this machine alone, and under `--allow-http` to private addresses.

use std::env::VarError;
use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use runtime_engine::remote::{ApiKey, ClearText, Endpoint, EndpointError};

use super::dotenv;

const KEY: &str = "OPENAI_API_KEY";
const BASE_URL: &str = "OPENAI_BASE_URL";
const OPENAI: &str = "https://api.openai.com/v1";
/// How the one place is called.
const ENVIRONMENT: &str = "the environment";
/// The other: read from the working folder, and from no other.
const FILE: &str = ".env";

/// What one place says of an endpoint; `None` for what it does not name.
#[derive(Default)]
struct Place {
    /// Empty where the environment says that there is none.
    key: Option<String>,
    base_url: Option<String>,
}

/// An address, where it stands, and the key that may go there.
#[derive(Debug, PartialEq)]
struct Named {
    base_url: String,
    place: String,
    key: Option<ApiKey>,
}

/// The endpoint that the environment or the working folder's `.env` names.
pub(super) fn endpoint(clear_text: ClearText) -> anyhow::Result<Endpoint> {
    let folder = std::env::current_dir().context("cannot tell which folder this is")?;
    let path = folder.join(FILE);
    let environment = Place { key: variable(KEY)?, base_url: variable(BASE_URL)?.and_then(filled) };
    let [key, base_url] = dotenv::read(&path, [KEY, BASE_URL])?;
    let file = Place { key: key.and_then(filled), base_url: base_url.and_then(filled) };
    let Some(Named { base_url, place, key }) = choose(environment, file, &path)? else {
        bail!(
            "no endpoint is named: set {KEY}, or {BASE_URL} for an endpoint that needs no key, in \
             the environment or in a file {FILE} in the working folder{}",
            unread(&folder)
        )
    };
    let source = key.as_ref().map_or("no key", ApiKey::source).to_owned();
    Endpoint::reached_by(&base_url, key, clear_text).map_err(|error| {
        let (advice, about) = match &error {
            EndpointError::ClearText { is_private: true, .. } => (
                ". That is a private address: --allow-http sends it there all the same",
                format!("{BASE_URL} in {place}, {source}"),
            ),
            EndpointError::Key => ("", source),
            _ => ("", format!("{BASE_URL} in {place}")),
        };
        anyhow!("{error}{advice} ({about})")
    })
}

/// What the two places name together; `None` if that is nothing.
fn choose(environment: Place, file: Place, path: &Path) -> anyhow::Result<Option<Named>> {
    let here = path.display().to_string();
    let named = |place: &str, base_url: Option<String>, key: &str| {
        let base_url = base_url.unwrap_or_else(|| OPENAI.into());
        let key = ApiKey::new(key).map(|key| key.from_source(format!("{KEY} in {place}")));
        Ok(Some(Named { base_url, place: place.to_owned(), key }))
    };
    match (environment.key, file.key) {
        (Some(key), _) if !key.is_empty() => {
            ensure!(
                environment.base_url.is_some() || file.base_url.is_none(),
                "{KEY} stands in {ENVIRONMENT} and {BASE_URL} in {here}, but a key goes only to \
                 the address beside it: set {BASE_URL} in {ENVIRONMENT}, too, or unset {KEY} \
                 there and write the key of that address into {here}"
            );
            named(ENVIRONMENT, environment.base_url, &key)
        }
        (None, Some(key)) => {
            ensure!(
                environment.base_url.is_none() || environment.base_url == file.base_url,
                "{KEY} stands in {here} and {BASE_URL} in {ENVIRONMENT}, but a key goes only to \
                 the address beside it: unset {BASE_URL} and write it into {here}, or set {KEY} in \
                 {ENVIRONMENT}, too, to nothing where that address needs no key"
            );
            named(&here, file.base_url, &key)
        }
        (_, _) => match (environment.base_url, file.base_url) {
            (None, None) => Ok(None),
            (None, base_url) => named(&here, base_url, ""),
            (base_url, _) => named(ENVIRONMENT, base_url, ""),
        },
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
        (base_url, place, key): (&str, &str, Option<&str>),
    ) {
        let key = key.and_then(ApiKey::new);
        let key = key.map(|key| key.from_source(format!("{KEY} in {place}")));
        let expected = Named { base_url: base_url.into(), place: place.into(), key };
        assert_eq!(chosen(environment, file).unwrap(), Some(expected));
    }

    #[test]
    fn a_key_goes_to_the_address_beside_it_or_to_openai() {
        check((Some("k1"), Some("u1")), (Some("k2"), Some("u2")), ("u1", ENVIRONMENT, Some("k1")));
        check((Some("k1"), None), (None, None), (OPENAI, ENVIRONMENT, Some("k1")));
        check((Some("k1"), None), (Some("k2"), None), (OPENAI, ENVIRONMENT, Some("k1")));
        check((None, None), (Some("k2"), Some("u2")), ("u2", HERE, Some("k2")));
        check((None, None), (Some("k2"), None), (OPENAI, HERE, Some("k2")));
        check((None, Some("u2")), (Some("k2"), Some("u2")), ("u2", HERE, Some("k2")));
    }

    #[test]
    fn an_address_without_a_key_may_stand_anywhere() {
        check((None, Some("u1")), (None, Some("u2")), ("u1", ENVIRONMENT, None));
        check((None, None), (None, Some("u2")), ("u2", HERE, None));
        check((Some(""), None), (None, Some("u2")), ("u2", HERE, None));
        check((Some(""), Some("u1")), (Some("k2"), Some("u2")), ("u1", ENVIRONMENT, None));
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
