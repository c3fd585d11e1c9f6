/** YAML text in, checked flow graph out; JSON Schema both ways. */
export { type Diagnostic, formatDiagnostic, SpecError } from './diagnostic.ts';
export { flowJsonSchema } from './flow-json-schema.ts';
export { isFlowFile } from './flow-file.ts';
export { findImports, type ImportedFlows, type ImportProblem } from './import-table.ts';
export type { SourceFile } from './flow-text.ts';
export type { CronCheck, FlowLimits, LuaCheck } from './flow-check.ts';
export { type PreparedInput, prepareInput } from './input-check.ts';
export { type ParsedFlow, type ParseFlowOptions, parseFlow } from './parse-flow.ts';
export { compileSchema } from './schema-check.ts';
