
#[doc(hidden)]
#[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
pub(crate) mod __whimbrel {
    extern crate std;
    use self::std::prelude::v1::*;
    use self::std::io::Write;
    use self::std::sync::OnceLock;
    use self::std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    static AT: OnceLock<u64> = OnceLock::new();
    static STEPS_MAX: OnceLock<u64> = OnceLock::new();
    static STEPS: AtomicU64 = AtomicU64::new(0);
    const UNSEEN: AtomicBool = AtomicBool::new(false);
    static HITS: [AtomicBool; COUNTERS] = [UNSEEN; COUNTERS];

    fn number(name: &str, otherwise: u64) -> u64 {
        let text = self::std::env::var(name).ok();
        text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }

    /// The edit that is switched on; 0 for none.
    #[inline]
    pub(crate) fn at() -> u64 {
        *AT.get_or_init(|| number("WHIMBREL_AT", 0))
    }

    /// Ends a program that goes round and round.
    #[inline]
    pub(crate) fn step() {
        if STEPS.fetch_add(1, Ordering::Relaxed)
            > *STEPS_MAX.get_or_init(|| number("WHIMBREL_STEPS", u64::MAX))
        {
            self::std::process::exit(124);
        }
    }

    /// Notes, once, that a statement ran.
    #[inline]
    pub(crate) fn hit(counter: usize) {
        if !HITS[counter].swap(true, Ordering::Relaxed) {
            note(counter);
        }
    }

    #[cold]
    fn note(counter: usize) {
        static FILE: OnceLock<Option<self::std::fs::File>> = OnceLock::new();
        let file = FILE.get_or_init(|| {
            let path = self::std::env::var_os("WHIMBREL_HITS")?;
            self::std::fs::OpenOptions::new().append(true).create(true).open(path).ok()
        });
        if let Some(mut file) = file.as_ref() {
            let _ = file.write_all(self::std::format!("{counter}\n").as_bytes());
        }
    }
}
