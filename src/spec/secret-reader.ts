/**
 * Which secrets a flow names, and whether each stands where it may: in the `with` of an action that sends
 * it on, never of one that could keep, change or show it.
 */
import { getOwn, isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
import { compileValue, hasTemplateSyntax, type SecretPlace } from '../expr/index.ts';
import type { ActionFacts, FlowNode } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { childOf, itemsOf, nodeAt, textOf, type YamlNode } from './yaml-tree.ts';

/** The action that calls another one, which its `with` names. */
const WRAP = 'ratelimit.wrap';

/** The names in `settings.secrets`; undefined when it lists none, and every name may be used. */
export function readDeclaredSecrets(node: YamlNode | undefined): ReadonlySet<string> | undefined {
  if (node?.kind !== 'list') return undefined;
  return new Set(itemsOf(node).flatMap((item) => textOf(item) ?? []));
}

/** An action whose `with` was read. */
export interface ActionInput {
  readonly facts: ActionFacts | undefined;
  readonly withNode: YamlNode | undefined;
  readonly input: JsonObject;
}

/** Where in `input` secrets are put in; undefined without any. Problems of the texts themselves were reported. */
export function readSecretPlaces(
  check: FlowCheck,
  { facts, withNode, input }: ActionInput,
): readonly SecretPlace['path'][] | undefined {
  if (withNode === undefined || facts?.takesSecrets !== true) return undefined;
  const places = placesIn(input);
  if (places.length === 0) return undefined;
  for (const { path, names } of places) {
    const at = nodeAt(withNode, path.map(String)).start;
    for (const name of names) checkDeclared(check, name, at);
  }
  if (facts.name === WRAP) checkWrapped(check, withNode, input);
  return places.map(({ path }) => path);
}

function placesIn(input: JsonValue): readonly SecretPlace[] {
  try {
    return compileValue(input, { secrets: 'placed' }).secrets;
  } catch (error) {
    if (!(error instanceof MoonpoolError)) throw error;
    // Reported at its place already.
    return [];
  }
}

function checkDeclared(check: FlowCheck, name: string, at: number): void {
  const declared = check.declaredSecrets;
  if (declared === undefined || declared.has(name)) return;
  const hint = check.problems.suggest(name, declared) ?? 'Add it there.';
  const message = `The secret ${quote(name)} is not listed in \`settings.secrets\`.`;
  check.problems.add({ code: 'SPEC_INVALID', at, message, hint });
}

/** The action inside decides what becomes of a secret, so it must be known, and one that takes them. */
function checkWrapped(check: FlowCheck, withNode: YamlNode, input: JsonObject): void {
  const action = getOwn(input, 'action');
  const uses = isJsonObject(action) ? getOwn(action, 'uses') : action;
  if (typeof uses === 'string' && !hasTemplateSyntax(uses) && check.actions.find(uses)?.takesSecrets === true) return;
  const at = (childOf(withNode, 'action') ?? withNode).start;
  const message = `With secrets, ${quote(WRAP)} can only call an action that is written out and sends them on.`;
  check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Name it, such as `http.get`.' });
}

/** The names of all secrets that `nodes` use, in alphabetical order; undefined without any. */
export function secretsOf(nodes: readonly FlowNode[]): readonly string[] | undefined {
  const names = nodes.flatMap(({ work }) =>
    work.kind === 'action' && work.secrets !== undefined ? placesIn(work.with).flatMap((place) => place.names) : [],
  );
  return names.length === 0 ? undefined : [...new Set(names)].toSorted();
}
