//! Makes a WebAssembly module stop by itself: `assay-meter IN OUT`.
//!
//! Every call of a function and every turn of a loop takes one from the exported global `fuel`, and below
//! zero the instance traps. What lies between two of these is a piece of code that is no longer than the
//! function, or one instruction over at most the whole memory. So the time of a call is bounded, whatever
//! it computes, and by the same number of steps each time.

use std::error::Error;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType,
    Instruction, Module, ValType,
};
use wasmparser::{ExportSectionReader, FunctionBody, GlobalSectionReader, Operator, Parser};

struct Meter {
    /// The index of the global.
    fuel: u32,
}

impl Meter {
    fn charge(&self) -> [Instruction<'static>; 9] {
        [
            Instruction::GlobalGet(self.fuel),
            Instruction::I64Const(1),
            Instruction::I64Sub,
            Instruction::GlobalSet(self.fuel),
            Instruction::GlobalGet(self.fuel),
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::If(BlockType::Empty),
            Instruction::Unreachable,
        ]
    }
}

type Result<T> = std::result::Result<T, reencode::Error>;

impl Reencode for Meter {
    type Error = std::convert::Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<()> {
        self.fuel = section.count();
        reencode::utils::parse_global_section(self, globals, section)?;
        let kind = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        globals.global(kind, &ConstExpr::i64_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<()> {
        reencode::utils::parse_export_section(self, exports, section)?;
        exports.export("fuel", ExportKind::Global, self.fuel);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<()> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let charge = |function: &mut wasm_encoder::Function| {
            for instruction in self.charge() {
                function.instruction(&instruction);
            }
            function.instruction(&Instruction::End);
        };
        charge(&mut function);
        let mut operators = body.get_operators_reader()?;
        let mut encoder = reencode::RoundtripReencoder;
        while !operators.eof() {
            let operator = operators.read()?;
            let is_loop = matches!(operator, Operator::Loop { .. });
            function.instruction(&encoder.instruction(operator)?);
            if is_loop {
                charge(&mut function);
            }
        }
        code.function(&function);
        Ok(())
    }
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let [from, to] = <[String; 2]>::try_from(std::env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: assay-meter IN OUT")?;
    let bytes = std::fs::read(from)?;
    let mut module = Module::new();
    Meter { fuel: 0 }.parse_core_module(&mut module, Parser::new(0), &bytes)?;
    let metered = module.finish();
    wasmparser::validate(&metered)?;
    let imports = Parser::new(0).parse_all(&metered).filter_map(|part| match part {
        Ok(wasmparser::Payload::ImportSection(section)) => Some(section.count()),
        _ => None,
    });
    if imports.sum::<u32>() > 0 {
        return Err("the module must import nothing".into());
    }
    std::fs::write(to, metered)?;
    Ok(())
}
