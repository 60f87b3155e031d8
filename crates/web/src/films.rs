//! `/films/{attempt}.mp4`, `.vtt`, `.jpg`: films as files, in parts where players want parts.
//!
//! A film that isn't there yet is made when it is asked for; its poster is there much sooner.

use std::io::SeekFrom;
use std::ops::Range;
use std::path::Path;

use axum::extract::{self, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::AttemptId;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::failure::Failure;
use crate::{Person, Shared};

/// How long browsers needn't ask again. A story rarely changes, and then its tag does too.
const KEEP: &str = "private, max-age=300";

/// `GET /films/{attempt}.{mp4|vtt|jpg}`
pub async fn get(
    State(site): State<Shared>,
    person: Person,
    extract::Path(name): extract::Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (id, kind) = parse(&name).ok_or_else(|| Failure::missing("such film"))?;
    let engine = person.engine(&site);
    let paths = match kind {
        Kind::Mp4 => engine::film::ensure(&engine, &id).await?,
        Kind::Vtt | Kind::Jpg => engine::film::stills(&engine, &id).await?,
    };
    let (path, media_type) = match kind {
        Kind::Mp4 => (&paths.mp4, "video/mp4"),
        Kind::Vtt => (&paths.vtt, "text/vtt; charset=utf-8"),
        Kind::Jpg => (&paths.jpg, "image/jpeg"),
    };
    let tag = format!("\"{}\"", paths.digest);
    answer(path, media_type, &tag, &headers).await
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Mp4,
    Vtt,
    Jpg,
}

fn parse(name: &str) -> Option<(AttemptId, Kind)> {
    let (id, kind) = name.rsplit_once('.')?;
    let kind = match kind {
        "mp4" => Kind::Mp4,
        "vtt" => Kind::Vtt,
        "jpg" => Kind::Jpg,
        _unknown => return None,
    };
    Some((id.parse().ok()?, kind))
}

async fn answer(
    path: &Path,
    media_type: &'static str,
    tag: &str,
    asked: &HeaderMap,
) -> Result<Response, Failure> {
    let mut headers = HeaderMap::new();
    let text = |text: &str| HeaderValue::from_str(text).expect("digests and numbers are ASCII");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEEP));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, text(tag));
    if has(asked, header::IF_NONE_MATCH, tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let mut file = File::open(path).await.map_err(unreadable)?;
    let length = file.metadata().await.map_err(unreadable)?.len();
    let part = match part(asked, tag, length) {
        Part::Whole => {
            let bytes = read(&mut file, 0..length).await.map_err(unreadable)?;
            return Ok((headers, bytes).into_response());
        }
        Part::Of(part) => part,
        Part::Beyond => {
            headers.insert(header::CONTENT_RANGE, text(&format!("bytes */{length}")));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
    headers.insert(header::CONTENT_RANGE, text(&range));
    let bytes = read(&mut file, part).await.map_err(unreadable)?;
    Ok((StatusCode::PARTIAL_CONTENT, headers, bytes).into_response())
}

/// A film is a megabyte or less, so that a part of it may stand in memory.
async fn read(file: &mut File, part: Range<u64>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(part.start)).await?;
    file.take(part.end - part.start).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn unreadable(error: std::io::Error) -> Failure {
    let words = format!("The film can't be read just now: {error}. Ask again.");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, words)
}

fn has(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value == "*" || value.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Of(Range<u64>),
    Beyond,
}

/// What of the file is asked for (RFC 9110, section 14). Several ranges at once, and what can't be
/// read, is answered with the whole, as it may be.
fn part(headers: &HeaderMap, tag: &str, length: u64) -> Part {
    let is_of_another =
        headers.contains_key(header::IF_RANGE) && !has(headers, header::IF_RANGE, tag);
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some(range) = range.filter(|_| !is_of_another) else { return Part::Whole };
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    let part = match (first.trim().parse::<u64>(), last.trim()) {
        (Ok(first), "") => first..length,
        (Ok(first), last) => match last.parse::<u64>() {
            Ok(last) if last >= first => first..last.saturating_add(1).min(length),
            _unreadable => return Part::Whole,
        },
        // The last so many bytes.
        (Err(_), last) if first.is_empty() => match last.parse::<u64>() {
            Ok(count) => length.saturating_sub(count)..length,
            Err(_) => return Part::Whole,
        },
        (Err(_), _) => return Part::Whole,
    };
    if part.start < part.end { Part::Of(part) } else { Part::Beyond }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().expect("a header"));
        part(&headers, "\"tag\"", 100)
    }

    #[test]
    fn parts_are_what_players_ask_for() {
        assert_eq!(asked("bytes=0-1"), Part::Of(0..2));
        assert_eq!(asked("bytes=50-"), Part::Of(50..100));
        assert_eq!(asked("bytes=90-500"), Part::Of(90..100));
        assert_eq!(asked("bytes=-10"), Part::Of(90..100));
        assert_eq!(asked("bytes=-1000"), Part::Of(0..100));
    }

    #[test]
    fn what_is_past_the_end_is_refused_and_what_is_odd_is_the_whole() {
        assert_eq!(asked("bytes=100-"), Part::Beyond);
        assert_eq!(asked("bytes=-0"), Part::Beyond);
        for odd in ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b"] {
            assert_eq!(asked(odd), Part::Whole, "{odd}");
        }
        assert_eq!(part(&HeaderMap::new(), "\"tag\"", 100), Part::Whole);
    }

    #[test]
    fn a_part_of_another_film_is_not_given() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-1".parse().expect("a header"));
        headers.insert(header::IF_RANGE, "\"other\"".parse().expect("a header"));
        assert_eq!(part(&headers, "\"tag\"", 100), Part::Whole);
        headers.insert(header::IF_RANGE, "\"tag\"".parse().expect("a header"));
        assert_eq!(part(&headers, "\"tag\"", 100), Part::Of(0..2));
    }

    #[test]
    fn a_name_is_an_attempt_and_a_kind() {
        let (id, kind) = parse("k3v9x2ab.2.mp4").expect("a film's name");
        assert_eq!((id.as_str(), kind), ("k3v9x2ab.2", Kind::Mp4));
        assert!(parse("k3v9x2ab.2.exe").is_none());
        assert!(parse("../../etc/passwd.mp4").is_none());
    }
}
