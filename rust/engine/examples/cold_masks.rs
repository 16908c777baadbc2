//! The cost of masks that nobody has asked for before: thread time of every step of some texts.
//!
//! `python -m benchmarks.cold_masks` writes what this reads (a vocabulary, and cases of the
//! benchmarks as token ids) and runs it. A third argument names the only case to run, and has every
//! step printed.

use std::sync::Arc;
use std::time::Duration;

use outlines_engine::constraint::Constraint;
use outlines_engine::guide::Guide;
use outlines_engine::index::Index;
use outlines_engine::lark;
use outlines_engine::vocabulary::Vocabulary;
use rustix::time::{clock_gettime, ClockId};
use serde_json::Value;

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn vocabulary(file: &str) -> Arc<Vocabulary> {
    let bytes = std::fs::read(file).expect("a file");
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("a number"));
    let (size, eos) = (number(0), number(4));
    let mut tokens = Vec::new();
    let mut at = 8;
    while at < bytes.len() {
        let end = at + 4 + number(at) as usize;
        tokens.push(Some(&bytes[at + 4..end]));
        at = end;
    }
    Arc::new(Vocabulary::new(tokens.into_iter(), &[eos], size as usize).expect("a vocabulary"))
}

fn constraint(case: &Value) -> Constraint {
    let text = || case["source"].as_str().expect("a text").to_owned();
    match case["kind"].as_str() {
        Some("grammar") => Constraint::Grammar(text(), lark::Options::default()),
        Some("regex") => Constraint::Regex(text()),
        kind => panic!("a case of kind {kind:?}"),
    }
}

/// Prints the sorted times' percentiles, in microseconds.
fn report(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let micros = |time: Duration| time.as_nanos() as f64 / 1e3;
    let at = |share: f64| micros(times[((times.len() - 1) as f64 * share) as usize]);
    let sum: Duration = times.iter().sum();
    println!(
        "{name:28} {:5} tokens, p50 {:8.1} p90 {:8.1} p99 {:8.1} max {:8.1} sum {:9.1}",
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        micros(sum)
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let vocabulary = vocabulary(&arguments[1]);
    let cases: Vec<Value> =
        serde_json::from_slice(&std::fs::read(&arguments[2]).expect("a file")).expect("JSON");
    let mut all = Vec::new();
    let mut row = vec![0u32; vocabulary.words()];
    for case in &cases {
        let name = case["id"].as_str().expect("a name");
        if arguments.get(3).is_some_and(|only| only != name) {
            continue;
        }
        let start = thread_time();
        let constraint = constraint(case);
        let index = Index::new(move || constraint.compile(), vocabulary.clone());
        let index = index.expect("an index");
        let compiled = thread_time();
        let mut times = Vec::new();
        let mut first = None;
        for text in case["texts"].as_array().expect("texts") {
            let mut guide = Guide::new(index.clone(), None);
            for token in text.as_array().expect("token ids") {
                let start = thread_time();
                guide.fill(&mut row).expect("a mask");
                let filled = thread_time();
                first.get_or_insert(filled - start);
                let token = token.as_u64().expect("a token id") as u32;
                let taken = guide.advance(token).expect("an answer");
                times.push(thread_time() - start);
                if arguments.len() > 3 {
                    let text = String::from_utf8_lossy(vocabulary.token(token)).into_owned();
                    let fill = (filled - start).as_nanos() as f64 / 1e3;
                    println!(
                        "{fill:9.1} {:9.1} {text:?}",
                        times[times.len() - 1].as_nanos() as f64 / 1e3 - fill
                    );
                }
                if !taken {
                    break;
                }
            }
        }
        let first = first.unwrap_or_default();
        println!(
            "{name}: compile {:?}, first mask {first:?}, {} kB",
            compiled - start,
            index.memory() / 1000
        );
        all.extend_from_slice(&times);
        report(name, &mut times);
    }
    report("all", &mut all);
}
