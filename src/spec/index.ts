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
export {
  ANY_SHAPE,
  choiceShape,
  durationShape,
  FLAG_SHAPE,
  key,
  listShape,
  OBJECT_SHAPE,
  requiredKey,
  tableShape,
  textShape,
} from './language-parts.ts';
export type { ProblemList } from './problem-list.ts';
export { checkShape, type KeyTable, type Shape } from './shape.ts';
export { readYaml } from './yaml-reader.ts';
export { childOf, itemsOf, type MapNode, textOf, toJson, toJsonObject, type YamlNode } from './yaml-tree.ts';
export { flowLanguageSections, type LanguageKey, type LanguageSection, sectionsOf } from './language-reference.ts';
