//! Formats: the cases of the official suite where it is at hand, and our own.

use std::path::Path;

use outlines_engine::expr::{ExprId, Exprs};
use outlines_engine::json_schema::leaf::{string_body, StringConstraint};
use serde_json::Value;

fn body(exprs: &mut Exprs, format: &str) -> ExprId {
    let constraint =
        StringConstraint { formats: vec![format.to_owned()], ..StringConstraint::default() };
    string_body(exprs, &constraint).unwrap()
}

/// The one text of a value between the quotes; `serde_json` writes the same one.
fn text(value: &str) -> String {
    let quoted = serde_json::to_string(value).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

#[test]
fn official_suite() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/json-schema-test-suite/tests");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for draft in ["draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"] {
        let Ok(files) = std::fs::read_dir(tests.join(draft).join("optional/format")) else {
            eprintln!("the official suite is not at hand: {}", tests.display());
            return;
        };
        for file in files {
            let path = file.unwrap().path();
            let groups: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for group in groups.as_array().unwrap() {
                let Some(format) = group["schema"]["format"].as_str() else { continue };
                let mut exprs = Exprs::new();
                let expr = body(&mut exprs, format);
                for test in group["tests"].as_array().unwrap() {
                    let Some(value) = test["data"].as_str() else { continue };
                    cases += 1;
                    let is = exprs.matches(expr, text(value).as_bytes()).unwrap();
                    if is != test["valid"].as_bool().unwrap() {
                        wrong.push(format!("{draft} {format}: {value:?}, {}", test["description"]));
                    }
                }
            }
        }
    }
    assert!(cases > 1000, "{cases}");
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}
