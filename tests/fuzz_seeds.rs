//! The seeds of the fuzz targets, and what fuzzing once found, through the same code as there (`fuzz/src`).

use std::{fs, path::Path};

#[path = "../fuzz/src/lib.rs"]
mod targets;

#[test]
fn every_target_survives_its_seeds() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (target, run) in targets::ALL {
        let mut inputs: Vec<_> = fs::read_dir(seeds.join(target))
            .unwrap_or_else(|error| panic!("{target} has no seeds: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{target} has no seeds");
        for input in inputs {
            println!("{target}: {}", input.display());
            run(&fs::read(input).unwrap());
        }
    }
}

#[test]
fn every_target_is_one_here_and_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, targets::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}
