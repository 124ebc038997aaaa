//! The calls of functions that exist neither in the module nor in the language. The interpreter finds
//! them when it gets there, which may be the first time that a bad image is asked about.

use regorus::unstable::BUILTINS;
use regorus::Value;
use std::collections::{BTreeMap, BTreeSet};

struct Module<'a> {
    source: &'a str,
    /// Rules and functions, as they are called within the module.
    names: BTreeSet<String>,
    /// Paths by the names under which they are imported.
    imports: BTreeMap<String, String>,
    package: String,
}

/// What was found in a module.
pub struct Calls {
    /// A JSON list of calls that cannot be made.
    pub unknown: String,
    /// The module with calls in the form that the interpreter knows; absent where they all are.
    pub rewritten: Option<String>,
}

/// A part of the source that is written in another way.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

#[derive(Default)]
struct Found {
    unknown: Vec<Value>,
    edits: Vec<Edit>,
}

/// Looks at all calls in the syntax tree of one module. `walk` with one argument has a value for each
/// part of it; the interpreter has that only where the values go into a second argument, and silently
/// none otherwise. So `[path, value] := walk(x)` is written as that, and other uses are refused.
pub fn look(ast: &str, source: &str) -> Result<Calls, String> {
    let tree = Value::from_json_str(ast).map_err(|error| error.to_string())?;
    let module = &tree[0usize]["ast"];
    let known = Module::read(module, source);
    let mut found = Found::default();
    walk(&module["rules"], &known, &mut found);
    let unknown = Value::from(found.unknown).to_json_str().map_err(|error| error.to_string())?;
    found.edits.sort_by_key(|edit| edit.start);
    let mut rewritten = String::new();
    let mut at = 0;
    for Edit { start, end, text } in &found.edits {
        rewritten.push_str(source.get(at..*start).ok_or("two assignments overlap")?);
        rewritten.push_str(text);
        at = *end;
    }
    rewritten.push_str(source.get(at..).unwrap_or_default());
    Ok(Calls { unknown, rewritten: (!found.edits.is_empty()).then_some(rewritten) })
}

impl<'a> Module<'a> {
    fn read(module: &Value, source: &'a str) -> Self {
        let mut names = BTreeSet::new();
        for rule in items(&module["rules"]) {
            let head = &rule["Spec"]["head"];
            let default = &rule["Default"]["refr"];
            let heads = [&head["Func"]["refr"], &head["Compr"]["refr"], &head["Set"]["refr"], default];
            names.extend(heads.iter().filter_map(|expr| text(expr, source)).map(str::to_string));
        }
        let mut imports = BTreeMap::new();
        for import in items(&module["imports"]) {
            let Some(path) = text(&import["refr"], source) else { continue };
            let alias = slice(&import["as"], source).or_else(|| path.rsplit('.').next());
            imports.insert(alias.unwrap_or(path).to_string(), path.to_string());
        }
        let package = text(&module["package"]["refr"], source).unwrap_or_default().to_string();
        Module { source, names, imports, package }
    }

    fn exists(&self, name: &str) -> bool {
        let (first, rest) = match name.split_once('.') {
            Some((first, rest)) => (first, format!(".{rest}")),
            None => (name, String::new()),
        };
        let full = match self.imports.get(first) {
            Some(path) => format!("{path}{rest}"),
            None => name.to_string(),
        };
        let own = full.strip_prefix(&format!("data.{}.", self.package)).unwrap_or(&full);
        self.names.contains(own) || own == "print" || BUILTINS.contains_key(own)
    }
}

fn walk(value: &Value, known: &Module, found: &mut Found) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| walk(item, known, found)),
        Value::Object(members) => {
            for (name, member) in members.iter() {
                if name.as_string().is_ok_and(|name| name.as_ref() == "AssignExpr") {
                    if let Some(edit) = relation(member, known) {
                        found.edits.push(edit);
                        walk(&member["lhs"], known, found);
                        walk(&member["rhs"]["Call"]["params"], known, found);
                        continue;
                    }
                }
                if name.as_string().is_ok_and(|name| name.as_ref() == "Call") {
                    check(member, known, found);
                }
                walk(member, known, found);
            }
        }
        _ => {}
    }
}

/// `LEFT := walk(X)` as `some VARIABLES; walk(X, LEFT)`, and with `=` without the first part.
fn relation(assignment: &Value, known: &Module) -> Option<Edit> {
    let call = &assignment["rhs"]["Call"];
    if !is_relation(call, known) {
        return None;
    }
    let left = text(&assignment["lhs"], known.source)?;
    let argument = text(items(&call["params"]).next()?, known.source)?;
    let mut names = BTreeSet::new();
    if assignment["op"].as_string().is_ok_and(|op| op.as_ref() == "ColEq") {
        variables(&assignment["lhs"], &mut names);
    }
    let declared = match names.len() {
        0 => String::new(),
        _ => format!("some {}; ", names.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let span = &assignment["span"];
    Some(Edit {
        start: span["start"].as_u64().ok()? as usize,
        end: span["end"].as_u64().ok()? as usize,
        text: format!("{declared}walk({argument}, {left})"),
    })
}

fn is_relation(call: &Value, known: &Module) -> bool {
    text(&call["fcn"], known.source) == Some("walk") && items(&call["params"]).count() == 1
}

fn variables(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| variables(item, names)),
        Value::Object(members) => {
            for (name, member) in members.iter() {
                let is_variable = name.as_string().is_ok_and(|name| name.as_ref() == "Var");
                match member["value"].as_string() {
                    Ok(variable) if is_variable => {
                        if variable.as_ref() != "_" {
                            names.insert(variable.to_string());
                        }
                    }
                    _ => variables(member, names),
                }
            }
        }
        _ => {}
    }
}

fn check(call: &Value, known: &Module, found: &mut Found) {
    let Some(name) = text(&call["fcn"], known.source) else { return };
    let name = match is_relation(call, known) {
        true => "walk with one argument; write walk(x, [path, value])",
        false if known.exists(name) => return,
        false => name,
    };
    let mut entry = Value::new_object();
    if let Ok(members) = entry.as_object_mut() {
        let span = &call["span"];
        let start = span["start"].as_u64().unwrap_or(0) as usize;
        let before = known.source.get(..start).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        members.insert("name".into(), name.into());
        members.insert("line".into(), (line as u64).into());
        members.insert("column".into(), (column as u64).into());
    }
    found.unknown.push(entry);
}

/// The text of an expression, of whatever form it is.
fn text<'a>(expr: &Value, source: &'a str) -> Option<&'a str> {
    let (_, form) = expr.as_object().ok()?.iter().next()?;
    slice(&form["span"], source)
}

fn slice<'a>(span: &Value, source: &'a str) -> Option<&'a str> {
    let start = span["start"].as_u64().ok()? as usize;
    let end = span["end"].as_u64().ok()? as usize;
    source.get(start..end)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().ok().into_iter().flat_map(|list| list.iter())
}
