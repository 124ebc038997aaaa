//! The Rego interpreter as a WebAssembly module that imports nothing: it can compute, and no more.
//!
//! Text goes in through memory of `alloc`, and comes out at `output_pointer`, `output_length` bytes of it.
//! The instance is used by one caller at a time, and thrown away when a call traps.

mod calls;

use regorus::{Engine, Value};
use std::cell::RefCell;

/// What a call came to.
#[repr(u32)]
pub enum Status {
    /// The output is JSON.
    Done = 0,
    /// The rule has no value; there is no output.
    Undefined = 1,
    /// The output says what is wrong.
    Failed = 2,
}

/// The most bytes of an answer.
const MAX_OUTPUT: usize = 64 * 1024;
/// What the module is called in messages, which begin with `--> policy.rego:LINE:COLUMN`.
const NAME: &str = "policy.rego";

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Memory for an argument, which the call that it is given to takes over.
#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    let bytes = vec![0u8; length].into_boxed_slice();
    Box::into_raw(bytes).cast()
}

/// Loads the one module, in place of any other. The output is a JSON list of calls of functions that do
/// not exist, each `{"name", "line", "column"}`.
///
/// # Safety
/// `source` is `length` bytes from `alloc`.
#[no_mangle]
pub unsafe extern "C" fn load(source: *mut u8, length: usize, v0: u32) -> Status {
    let text = match take(source, length) {
        Ok(text) => text,
        Err(error) => return failed(error),
    };
    let loaded = parse(&text, v0 != 0).and_then(|engine| {
        let ast = engine.get_ast_as_json().map_err(|error| error.to_string())?;
        let calls = calls::look(&ast, &text)?;
        let engine = match calls.rewritten {
            Some(text) => parse(&text, v0 != 0)?,
            None => engine,
        };
        Ok((engine, calls.unknown))
    });
    match loaded {
        Ok((engine, unknown)) => {
            ENGINE.set(Some(engine));
            finish(Ok(unknown))
        }
        Err(error) => failed(error),
    }
}

fn parse(text: &str, v0: bool) -> Result<Engine, String> {
    let mut engine = Engine::new();
    engine.set_rego_v0(v0);
    // As in OPA: a function that cannot work on its arguments has no value.
    engine.set_strict_builtin_errors(false);
    engine.add_policy(NAME.to_string(), text.to_string()).map_err(|error| error.to_string())?;
    Ok(engine)
}

/// Evaluates a rule, such as `data.ratify.policy.valid`, over an input in JSON.
///
/// # Safety
/// Both are bytes from `alloc`.
#[no_mangle]
pub unsafe extern "C" fn eval(
    rule: *mut u8,
    rule_length: usize,
    input: *mut u8,
    input_length: usize,
) -> Status {
    let (rule, input) = match (take(rule, rule_length), take(input, input_length)) {
        (Ok(rule), Ok(input)) => (rule, input),
        (Err(error), _) | (_, Err(error)) => return failed(error),
    };
    ENGINE.with_borrow_mut(|engine| {
        let Some(engine) = engine else { return failed("no module is loaded".to_string()) };
        if let Err(error) = engine.set_input_json(&input) {
            return failed(error.to_string());
        }
        match engine.eval_rule(rule) {
            Ok(Value::Undefined) => Status::Undefined,
            Ok(value) => finish(value.to_json_str().map_err(|error| error.to_string())),
            Err(error) => failed(error.to_string()),
        }
    })
}

/// Where the output of the last call is.
#[no_mangle]
pub extern "C" fn output_pointer() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// How many bytes the output of the last call has.
#[no_mangle]
pub extern "C" fn output_length() -> usize {
    OUTPUT.with_borrow(|output| output.len())
}

unsafe fn take(pointer: *mut u8, length: usize) -> Result<String, String> {
    let bytes = Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, length));
    String::from_utf8(bytes.into_vec()).map_err(|error| error.to_string())
}

fn finish(result: Result<String, String>) -> Status {
    match result {
        Ok(output) if output.len() > MAX_OUTPUT => {
            failed(format!("the value has more than {MAX_OUTPUT} bytes"))
        }
        Ok(output) => {
            OUTPUT.set(output);
            Status::Done
        }
        Err(error) => failed(error),
    }
}

fn failed(mut message: String) -> Status {
    if message.len() > MAX_OUTPUT {
        let end = (0..=MAX_OUTPUT).rev().find(|&at| message.is_char_boundary(at)).unwrap_or(0);
        message.truncate(end);
    }
    OUTPUT.set(message);
    Status::Failed
}

/// Nothing here is random: a function that needs chance fails.
#[no_mangle]
unsafe extern "Rust" fn __getrandom_v03_custom(
    _: *mut u8,
    _: usize,
) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}
