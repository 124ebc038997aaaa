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

/// Finds them in the syntax tree of one module.
pub fn unknown(ast: &str, source: &str) -> Result<String, String> {
    let tree = Value::from_json_str(ast).map_err(|error| error.to_string())?;
    let module = &tree[0usize]["ast"];
    let known = Module::read(module, source);
    let mut found = Vec::new();
    walk(&module["rules"], &known, &mut found);
    Value::from(found).to_json_str().map_err(|error| error.to_string())
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

fn walk(value: &Value, known: &Module, found: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| walk(item, known, found)),
        Value::Object(members) => {
            for (name, member) in members.iter() {
                if name.as_string().is_ok_and(|name| name.as_ref() == "Call") {
                    check(member, known, found);
                }
                walk(member, known, found);
            }
        }
        _ => {}
    }
}

fn check(call: &Value, known: &Module, found: &mut Vec<Value>) {
    let Some(name) = text(&call["fcn"], known.source) else { return };
    if known.exists(name) {
        return;
    }
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
    found.push(entry);
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
