//! One exchange with an endpoint: sends a request and reads the answer.
//!
//! Waiting and retrying is left to the caller.

use std::io::{BufReader, Read};
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, Response};
use ureq::unversioned::transport::DefaultConnector;

use super::answer::StreamedAnswer;
use super::clear_text::PrivateResolver;
use super::config::RemoteConfig;
use super::endpoint::Endpoint;
use super::events::ServerSentEvents;
use super::key::ApiKey;
use super::question::EndpointRequest;
use super::refusal::{EndpointRefusal, shown};
use super::reply::{EndpointReply, Failure};

/// Greatest number of bytes read of a refusal's body.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;

/// The HTTP client. It follows no redirects, which could send the key elsewhere. A key in clear
/// text is sent through no proxy and to no public address.
pub(super) fn agent(config: &RemoteConfig) -> ureq::Agent {
    let limits = config.time_limits;
    let idle_max = config.parallel.get() as usize;
    let mut builder = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(idle_max)
        .max_idle_connections_per_host(idle_max)
        .timeout_connect(Some(limits.connect))
        .timeout_recv_response(Some(limits.first_byte))
        .timeout_global(Some(limits.whole))
        .user_agent(concat!("rebound/", env!("CARGO_PKG_VERSION")));
    let is_readable = config.endpoint.is_private_clear_text();
    if is_readable || config.endpoint.is_loopback() {
        builder = builder.proxy(None);
    }
    let built = builder.build();
    if is_readable {
        let connector = DefaultConnector::default();
        return ureq::Agent::with_parts(built, connector, PrivateResolver::default());
    }
    built.into()
}

/// Sends a request and reads the answer to its end.
pub(super) fn send(
    agent: &ureq::Agent,
    endpoint: &Endpoint,
    question: &EndpointRequest,
) -> Result<EndpointReply, Failure> {
    let mut request = agent
        .post(endpoint.chat_completions())
        .header("content-type", "application/json")
        .header("accept", "text/event-stream, application/json");
    if let Some(authorization) = endpoint.key().and_then(ApiKey::authorization) {
        request = request.header("authorization", authorization);
    }
    let response = request
        .send(&question.body)
        .map_err(|error| unreachable_endpoint(&error, endpoint, question))?;
    match response.status().as_u16() {
        200..=299 => read(response, endpoint, question),
        status => Err(turned_away(status, response, endpoint)),
    }
}

/// Reads an answer, streamed or whole.
fn read(
    response: Response<ureq::Body>,
    endpoint: &Endpoint,
    question: &EndpointRequest,
) -> Result<EndpointReply, Failure> {
    let content_type = header(response.headers(), "content-type").unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = BufReader::new(response.into_body().into_reader());
    let mut answer = StreamedAnswer::default();
    let ended = match kind.as_str() {
        "text/event-stream" => {
            answer.follow(&mut ServerSentEvents::new(body, question.answer_bytes_max()))
        }
        "application/json" => answer.take_whole(body, question.answer_bytes_max()),
        other => Err(format!("it answered with the content type {:?}", shown(other))),
    };
    let hide = |text: String| endpoint.hide_key(text);
    match ended {
        Ok(()) => Ok(answer.reply(question, hide)),
        // The error came after the answer's end.
        Err(_) if answer.is_finished() => Ok(answer.reply(question, hide)),
        Err(reason) => {
            let used = question.estimated_use(answer.chunks());
            Err(Failure::Broken { reason: hide(reason), used })
        }
    }
}

fn turned_away(status: u16, response: Response<ureq::Body>, endpoint: &Endpoint) -> Failure {
    let after = retry_after(response.headers());
    let mut bytes = Vec::new();
    // The message is as much as can be read.
    let _ = response.into_body().into_reader().take(REFUSAL_BYTES_MAX).read_to_end(&mut bytes);
    let body = endpoint.hide_key(String::from_utf8_lossy(&bytes).into_owned());
    let refusal = EndpointRefusal::new(status, &body);
    match status {
        408 | 409 | 425 | 429 | 500 | 502..=599 if !refusal.is_for_good() => {
            Failure::Busy { reason: refusal.to_string(), after }
        }
        _ => Failure::Refused(refusal),
    }
}

/// The failure of a connection. If the request may have arrived, its prompt may be charged.
fn unreachable_endpoint(
    error: &ureq::Error,
    endpoint: &Endpoint,
    question: &EndpointRequest,
) -> Failure {
    use ureq::{Error, Timeout};
    let reason = shown(&endpoint.hide_key(error.to_string()));
    let never_arrived = match error {
        Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        Error::Timeout(at) => matches!(at, Timeout::Resolve | Timeout::Connect),
        // The last one is from our own resolver.
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::Tls(_)
        | Error::Rustls(_)
        | Error::Other(_) => true,
        _ => false,
    };
    if never_arrived {
        Failure::Busy { reason, after: None }
    } else {
        Failure::Broken { reason, used: question.estimated_use(0) }
    }
}

/// The wait that the header `Retry-After` asks for, as seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = header(headers, "retry-after")?;
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn a_wait_is_given_in_seconds_or_as_a_date() {
        assert_eq!(asked("2"), Some(Duration::from_secs(2)));
        assert_eq!(asked("0.25"), Some(Duration::from_millis(250)));
        assert_eq!(asked("-1"), Some(Duration::ZERO));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("1e300"), None);
    }
}
