//! A wirken skill in Rust: argv = [skill, tool], stdin = the arguments as one JSON object, stdout = the result, stderr = log and progress.
//! One file, no crate. Include it with `mod wirken;`.
#![allow(dead_code)]

use std::io::{Read, Write};

/// An error of the tool itself: `message` goes to whoever called, `code` (1 to 63) is the exit code.
pub struct Fail {
    pub code: i32,
    pub message: String,
}

impl Fail {
    pub fn new(code: i32, message: impl Into<String>) -> Fail {
        Fail { code, message: message.into() }
    }
}

/// What a tool answers: text, or JSON if SKILL.md declares an output.
pub type Answer = Result<String, Fail>;

/// A value of JSON; members keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A member of an object by its name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
    pub fn text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }
    pub fn number(&self) -> Option<f64> {
        if let Json::Number(number) = self { Some(*number) } else { None }
    }
    pub fn flag(&self) -> Option<bool> {
        if let Json::Bool(flag) = self { Some(*flag) } else { None }
    }

    /// Reads a text that the host has written: it is JSON, so what is not is only stopped at.
    pub fn read(text: &str) -> Json {
        Reader { bytes: text.as_bytes(), at: 0 }.value()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        while self.at < self.bytes.len() && b" \n\t\r,:".contains(&self.bytes[self.at]) {
            self.at += 1;
        }
        *self.bytes.get(self.at).unwrap_or(&0)
    }

    fn value(&mut self) -> Json {
        match self.peek() {
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while self.peek() == b'"' {
                    let name = self.string();
                    members.push((name, self.value()));
                }
                self.at += 1;
                Json::Object(members)
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !b"]\0".contains(&self.peek()) {
                    items.push(self.value());
                }
                self.at += 1;
                Json::List(items)
            }
            b'"' => Json::Text(self.string()),
            _ => {
                let from = self.at;
                while self.at < self.bytes.len() && !b",]} \n\t\r".contains(&self.bytes[self.at]) {
                    self.at += 1;
                }
                match std::str::from_utf8(&self.bytes[from..self.at]).unwrap_or("") {
                    "true" => Json::Bool(true),
                    "false" => Json::Bool(false),
                    word => word.parse().map(Json::Number).unwrap_or(Json::Null),
                }
            }
        }
    }

    fn string(&mut self) -> String {
        let mut units: Vec<u8> = Vec::new();
        self.at += 1;
        while self.at < self.bytes.len() && self.bytes[self.at] != b'"' {
            let byte = self.bytes[self.at];
            self.at += 1;
            if byte != b'\\' {
                units.push(byte);
                continue;
            }
            let escape = *self.bytes.get(self.at).unwrap_or(&0);
            self.at += 1;
            let plain = match escape {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.unicode(),
                other => other as char,
            };
            units.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.at += 1;
        String::from_utf8_lossy(&units).into_owned()
    }

    fn hex(&mut self) -> u32 {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|four| std::str::from_utf8(four).ok());
        self.at += 4;
        digits.and_then(|four| u32::from_str_radix(four, 16).ok()).unwrap_or(0xfffd)
    }

    fn unicode(&mut self) -> char {
        let high = self.hex();
        if (0xd800..0xdc00).contains(&high) && self.bytes.get(self.at..self.at + 2) == Some(&b"\\u"[..]) {
            self.at += 2;
            let low = self.hex();
            return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low & 0x3ff)).unwrap_or('\u{fffd}');
        }
        char::from_u32(high).unwrap_or('\u{fffd}')
    }
}

/// A JSON string, quotes included.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A file of the workspace, by its path there. Fails with 2 if it is not there or not granted.
pub fn read_file(path: &str) -> Result<Vec<u8>, Fail> {
    std::fs::read(format!("/workspace/{}", path)).map_err(|_| Fail::new(2, format!("{} cannot be read", path)))
}

/// Replaces a file of the workspace. Fails with 2 if that is not granted.
pub fn write_file(path: &str, bytes: &[u8]) -> Result<(), Fail> {
    std::fs::write(format!("/workspace/{}", path), bytes).map_err(|_| Fail::new(2, format!("{} cannot be written", path)))
}

/// A line of the skill's log.
pub fn log(line: &str) {
    eprintln!("{}", line);
}

/// Tells how far the work is; `total` 0 = unknown.
pub fn progress(done: u64, total: u64, message: &str) {
    let total = if total == 0 { String::new() } else { format!(",\"total\":{}", total) };
    eprintln!("{{\"progress\":{{\"done\":{}{},\"message\":{}}}}}", done, total, quoted(message));
}

/// Runs the tool that was asked for and ends the process.
pub fn main(tools: &[(&str, fn(&Json) -> Answer)]) -> ! {
    let name = std::env::args().nth(1).unwrap_or_default();
    let answer = match tools.iter().find(|(tool, _)| *tool == name) {
        None => Err(Fail::new(1, format!("there is no tool {}", name))),
        Some((_, run)) => {
            let mut input = String::new();
            match std::io::stdin().read_to_string(&mut input) {
                Ok(_) => run(&Json::read(&input)),
                Err(_) => Err(Fail::new(1, "the arguments are no UTF-8 text")),
            }
        }
    };
    std::process::exit(match answer {
        Ok(text) => i32::from(std::io::stdout().write_all(text.as_bytes()).is_err()),
        Err(Fail { code, message }) => {
            eprintln!("{}", message);
            code
        }
    })
}
