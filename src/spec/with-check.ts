/**
 * Checks an action's `with` against its schema, where the values are written out.
 *
 * Values that hold templates are known only when the node runs, so what the schema says of them
 * is left to that moment.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { hasTemplateSyntax } from '../expr/index.ts';
import type { ActionFacts } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { findSchemaProblems, type SchemaProblem, valueAt } from './schema-check.ts';
import { nodeAt, type YamlNode } from './yaml-tree.ts';

/** Reports what in `input`, which stands at `node`, the action cannot use. */
export function checkActionInput(check: FlowCheck, facts: ActionFacts, node: YamlNode, input: JsonObject): void {
  for (const problem of findSchemaProblems(facts.withSchema, input)) {
    if (!isCertain(problem, input)) continue;
    const at = nodeAt(node, problem.path);
    const entry = problem.extraKey === undefined || at.kind !== 'map' ? undefined : at.entries.get(problem.extraKey);
    const near =
      problem.extraKey === undefined ? undefined : check.problems.suggest(problem.extraKey, knownKeys(facts, problem));
    check.problems.add({
      code: problem.extraKey === undefined ? 'SPEC_INVALID' : 'SPEC_UNKNOWN_KEY',
      at: entry?.keyStart ?? at.start,
      message: `The action ${quote(facts.name)} cannot use this: ${problem.message}.`,
      ...(near === undefined ? {} : { hint: near }),
    });
  }
}

function knownKeys(facts: ActionFacts, problem: SchemaProblem): readonly string[] {
  const { properties } = facts.withSchema;
  return problem.path.length === 0 && isJsonObject(properties) ? Object.keys(properties) : [];
}

/** False when the value a problem speaks of depends on a template. */
function isCertain(problem: SchemaProblem, input: JsonObject): boolean {
  if (problem.isAboutKeys) return true;
  const value = valueAt(input, problem.path);
  return value === undefined || !holdsTemplate(value);
}

function holdsTemplate(value: JsonValue): boolean {
  if (typeof value === 'string') return hasTemplateSyntax(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsTemplate);
}
