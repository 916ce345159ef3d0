//! `squall check --engine stateright` and `squall explore`, as a person meets them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const LAMP: &str = "\
model lamp

machine Lamp {
  state dark, lit, broken
  may action switch_on: dark -> lit { count flash }
  may action switch_off: lit -> dark { }
  fault break_down at most 1: lit -> broken { }
  operator action repair: broken -> dark { }
}

meter flash

property bright: possible Lamp is lit
property whole: always Lamp is dark | lit | broken
property lasts: never Lamp is broken
property settles: finite flash
";

fn lamp() -> TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    std::fs::write(folder.path().join("lamp.squall"), LAMP).expect("a writable file");
    folder
}

fn command(folder: &TempDir, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    command.args(line.split_whitespace()).current_dir(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &TempDir, line: &str) -> Output {
    command(folder, line).output().expect("the program starts")
}

#[track_caller]
fn check_refused(line: &str, reason: &str) {
    let output = run(&lamp(), line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains(reason), "{said}");
}

#[test]
fn another_engine_says_what_its_answers_rest_on() {
    let folder = lamp();
    let output = run(&folder, "check lamp.squall --engine stateright");
    assert_eq!(output.status.code(), Some(1));
    let page = String::from_utf8_lossy(&output.stdout);
    let line = |name: &str| {
        let mut lines = page.lines().filter(|line| line.starts_with(name));
        lines.next_back().unwrap_or_else(|| panic!("{page}")).to_owned()
    };
    assert!(line("bright").contains("one such state is enough"), "{page}");
    assert!(line("whole").contains("fingerprints of 64 bits"), "{page}");
    assert!(
        line("settles").contains("unknown") && line("settles").contains("stateright"),
        "{page}"
    );
    assert!(page.contains("lamp.break_down (fault)"), "{page}");
    assert!(page.contains("by stateright: 3 states, 3 steps, 3 ticks, 1 start, depth 2"), "{page}");
    for (name, code) in [("bright", 0), ("whole", 0), ("lasts", 1), ("settles", 3)] {
        let line = format!("check lamp.squall --engine stateright --property {name}");
        assert_eq!(run(&folder, &line).status.code(), Some(code), "{name}");
    }
}

#[test]
fn limits_that_stateright_would_not_honour_are_refused() {
    for limit in ["--max-states 9", "--max-depth 9", "--max-memory 9MB", "--threads 2"] {
        let flag = limit.split(' ').next().unwrap_or_default();
        let reason = format!("`{flag}` cannot be used with `--engine stateright`");
        check_refused(&format!("check lamp.squall --engine stateright {limit}"), &reason);
    }
}

#[test]
fn a_taken_address_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let line = format!("explore --engine stateright lamp.squall --address {address}");
    check_refused(&line, &format!("cannot listen on `{address}`"));
    check_refused("explore --engine stateright lamp.squall --address nowhere", "`nowhere`");
}

#[test]
fn pages_of_somebody_else_are_not_shown() {
    let folder = lamp();
    std::fs::create_dir(folder.path().join("ui")).expect("a folder");
    std::fs::write(folder.path().join("ui/app.js"), "").expect("a file");
    let output = run(&folder, "explore --engine stateright lamp.squall --address 127.0.0.1:0");
    assert_eq!(output.status.code(), Some(2));
}

/// Ends the program, which would serve for ever.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // If it has ended by itself, there is nothing left to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks for a path, as soon as somebody listens.
fn get(address: &str, path: &str) -> Value {
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    };
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer with a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[test]
fn the_explorer_of_stateright_shows_names() {
    let folder = lamp();
    let line = "explore --engine stateright lamp.squall --address 127.0.0.1:0";
    let mut served = Served(command(&folder, line).spawn().expect("the program starts"));
    let stdout = served.0.stdout.take().expect("it is piped");
    let mut said = String::new();
    BufReader::new(stdout).read_line(&mut said).expect("a line");
    let address = said.trim().strip_suffix('/').and_then(|line| line.split_once("http://"));
    let (_, address) = address.unwrap_or_else(|| panic!("{said}"));
    assert!(address.starts_with("127.0.0.1:"), "{said}");

    let status = get(address, "/.status");
    let names: Vec<&Value> =
        status["properties"].as_array().into_iter().flatten().map(|one| &one[1]).collect();
    assert!(names.contains(&&Value::from("bright: possible Lamp is lit")), "{status}");
    let starts = get(address, "/.states");
    assert_eq!(starts[0]["state"], "lamp = dark");
    let steps = get(address, "/.states/0");
    let actions: Vec<&Value> =
        steps.as_array().into_iter().flatten().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["tick", "lamp.switch_on"]);
    assert_eq!(steps[1]["outcome"], "lamp: dark → lit");
}
