mod wirken;
use wirken::{read_file, Answer, Json};

fn greet(args: &Json) -> Answer {
    let name = args.get("name").and_then(Json::text).unwrap_or("world");
    Ok(format!("Hello, {}!\n", name))
}

fn count(args: &Json) -> Answer {
    let bytes = read_file(args.get("file").and_then(Json::text).unwrap_or(""))?;
    let text = String::from_utf8_lossy(&bytes);
    let (words, lines) = (text.split_whitespace().count(), text.matches('\n').count());
    Ok(format!("{{\"bytes\":{},\"words\":{},\"lines\":{}}}", bytes.len(), words, lines))
}

fn main() {
    wirken::main(&[("greet", greet), ("count", count)])
}
