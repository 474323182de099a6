//! [`lines`] changes text of which some lines are JSON, and [`tokens`] Rust, so that most of what comes out still parses.
//!
//! libFuzzer's own mutations break almost every such text at once, and then only the parser is tested.

use fastrand::Rng;
use proc_macro2::{Group, TokenStream, TokenTree};
use serde_json::{Map, Value, json};

/// One of how many mutations is libFuzzer's own, which knows the dictionary and other inputs.
const PLAIN: u32 = 4;

/// For `fuzz_mutator!`: changes the first `size` bytes of `data` and returns how many there are then, `max_size` at most.
pub fn lines(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate(data, size, max_size, seed, |text, rng| {
        Some(change_lines(text, rng))
    })
}

/// As [`lines`] for the text of Rust: takes a tree of tokens away, puts one that stands elsewhere there, or turns two round.
pub fn tokens(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate(data, size, max_size, seed, |text, rng| {
        let mut tokens: TokenStream = text.parse().ok()?;
        for _ in 0..=rng.u8(..3) {
            tokens = change_tokens(tokens, rng);
        }
        Some(tokens.to_string())
    })
}

fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    change: impl FnOnce(&str, &mut Rng) -> Option<String>,
) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    let changed = data
        .get(..size)
        .and_then(|text| str::from_utf8(text).ok())
        .filter(|_| rng.u32(..PLAIN) != 0)
        .and_then(|text| change(text, &mut rng))
        .filter(|text| text.len() <= max_size);
    match changed
        .as_deref()
        .and_then(|text| Some((text, data.get_mut(..text.len())?)))
    {
        Some((text, space)) => {
            space.copy_from_slice(text.as_bytes());
            text.len()
        }
        None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
}

fn change_lines(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return "{}".to_owned();
    }
    let place = rng.usize(..lines.len());
    let is_one = lines.len() == 1;
    match rng.u8(..if is_one { 6 } else { 10 }) {
        6 => drop(lines.remove(place)),
        7 => lines.insert(place, lines[place].clone()),
        8 => {
            let other = rng.usize(..lines.len());
            lines.swap(place, other);
        }
        _ => {
            // A head or a blank line has nothing to change here; then another one may.
            let json = (0..lines.len())
                .map(|step| (place + step) % lines.len())
                .find(|line| serde_json::from_str::<Value>(&lines[*line]).is_ok());
            if let Some(line) = json {
                for _ in 0..=rng.u8(..3) {
                    lines[line] = change_json(&lines[line], rng).unwrap_or_default();
                }
            }
        }
    }
    let mut text = lines.join("\n");
    if !is_one {
        text.push('\n');
    }
    text
}

/// The text of a JSON value with one change in it; none when it is none.
fn change_json(text: &str, rng: &mut Rng) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    let nodes = count(&value);
    let other = nth(&mut value, rng.usize(..nodes)).cloned();
    let node = nth(&mut value, rng.usize(..nodes))?;
    change(node, other.unwrap_or_default(), rng);
    Some(value.to_string())
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0_usize,
    }
}

/// The nth node, counted from the root in the order of the text.
fn nth(value: &mut Value, nth: usize) -> Option<&mut Value> {
    fn find<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
        if *left == 0 {
            return Some(value);
        }
        *left -= 1;
        match value {
            Value::Array(items) => items.iter_mut().find_map(|item| find(item, left)),
            Value::Object(members) => members.values_mut().find_map(|member| find(member, left)),
            _ => None,
        }
    }
    let mut left = nth;
    find(value, &mut left)
}

fn change(node: &mut Value, other: Value, rng: &mut Rng) {
    if rng.u8(..4) == 0 {
        *node = match rng.bool() {
            true => other,
            false => interesting(rng),
        };
        return;
    }
    match node {
        Value::Array(items) => change_array(items, other, rng),
        Value::Object(members) => change_object(members, other, rng),
        Value::String(text) => change_string(text, rng),
        Value::Number(number) => {
            let near = rng.i64(-2..=2);
            *node = json!(number.as_i64().unwrap_or_default().saturating_add(near));
        }
        Value::Bool(value) => *value = !*value,
        Value::Null => *node = other,
    }
}

fn change_array(items: &mut Vec<Value>, other: Value, rng: &mut Rng) {
    if items.is_empty() {
        items.push(other);
        return;
    }
    let place = rng.usize(..items.len());
    match rng.u8(..4) {
        0 => drop(items.remove(place)),
        1 => items.insert(place, items[place].clone()),
        2 => {
            let with = rng.usize(..items.len());
            items.swap(place, with);
        }
        _ => items.truncate(place),
    }
}

fn change_object(members: &mut Map<String, Value>, other: Value, rng: &mut Rng) {
    let keys: Vec<String> = members.keys().cloned().collect();
    let Some(key) = rng.choice(&keys) else {
        members.insert(String::new(), other);
        return;
    };
    match rng.u8(..3) {
        0 => drop(members.remove(key)),
        1 => {
            members.insert(key.clone(), other);
        }
        _ => {
            let value = members.get(key).cloned().unwrap_or_default();
            let of = rng.choice(&keys).unwrap_or(key);
            members.insert(of.clone(), value);
        }
    }
}

fn change_string(text: &mut String, rng: &mut Rng) {
    // A payload is JSON as text.
    if rng.bool()
        && let Some(changed) = change_json(text, rng)
    {
        *text = changed;
        return;
    }
    let mut chars: Vec<char> = text.chars().collect();
    let place = rng.usize(..=chars.len());
    match rng.u8(..4) {
        0 => chars.truncate(place),
        1 => chars.insert(
            place,
            *rng.choice(&['0', ':', '/', '"', '-', '\u{0}', 'é', '🦀'])
                .unwrap_or(&' '),
        ),
        2 if place < chars.len() => drop(chars.remove(place)),
        _ => chars.extend_from_within(place..),
    }
    *text = chars.into_iter().take(300).collect();
}

fn trees(tokens: TokenStream) -> usize {
    let each = tokens.into_iter().map(|tree| match tree {
        TokenTree::Group(group) => 1 + trees(group.stream()),
        _ => 1,
    });
    each.sum()
}

fn nth_tree(tokens: TokenStream, left: &mut usize) -> Option<TokenTree> {
    for tree in tokens {
        if *left == 0 {
            return Some(tree);
        }
        *left -= 1;
        if let TokenTree::Group(group) = &tree
            && let Some(found) = nth_tree(group.stream(), left)
        {
            return Some(found);
        }
    }
    None
}

fn change_tokens(tokens: TokenStream, rng: &mut Rng) -> TokenStream {
    let count = trees(tokens.clone());
    let mut any = || nth_tree(tokens.clone(), &mut rng.usize(..count.max(1)));
    let (Some(one), Some(other)) = (any(), any()) else {
        return tokens;
    };
    let mut place = rng.usize(..count);
    let change = rng.u8(..5);
    replace_tree(tokens, &mut place, &mut |tree| match change {
        0 => vec![],
        1 => vec![one.clone()],
        2 => vec![tree, one.clone()],
        3 => vec![one.clone(), other.clone(), tree],
        _ => match tree {
            TokenTree::Group(group) => group.stream().into_iter().collect(),
            tree => vec![tree.clone(), tree],
        },
    })
}

fn replace_tree(
    tokens: TokenStream,
    left: &mut usize,
    with: &mut impl FnMut(TokenTree) -> Vec<TokenTree>,
) -> TokenStream {
    let mut out = Vec::new();
    for tree in tokens {
        // Beyond the place `left` is as good as endless.
        let here = *left == 0;
        *left = left.wrapping_sub(1);
        match tree {
            tree if here => out.extend(with(tree)),
            TokenTree::Group(group) => {
                let inner = replace_tree(group.stream(), left, with);
                out.push(Group::new(group.delimiter(), inner).into());
            }
            tree => out.push(tree),
        }
    }
    out.into_iter().collect()
}

/// Values at the edges of what formats allow.
fn interesting(rng: &mut Rng) -> Value {
    match rng.u8(..12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(i64::MAX),
        5 => json!(u64::MAX),
        6 => json!(1e300),
        7 => json!(0.5),
        8 => json!(""),
        9 => json!("null"),
        10 => json!([]),
        _ => json!({}),
    }
}
