/**
 * Secrets in one action call: put in where the flow's text says so, struck out of what comes back.
 *
 * The places are those of the checked flow. What stands there was made by the evaluator, and what
 * merely looks like it elsewhere is data and stays as it is: there is nothing that data could forge.
 */
import {
  type ErrorData,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MoonpoolError,
  toErrorData,
} from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import type { EffectOutcome, SecretPort, SecretUse } from './ports.ts';

/** The input of a call with its secrets in it. */
export interface SecretInput {
  readonly input: JsonObject;
  /** Hosts that every secret in it may be sent to; absent: any. */
  readonly hosts?: readonly string[];
}

/** The call of `node` in `flow`, in a run of the flow called `runFlow`. */
export interface SecretCall {
  readonly flow: Flow;
  readonly node: string;
  readonly runFlow: string;
}

/**
 * `input` with the values of the secrets that `node` prints.
 *
 * @throws FLOW_SECRET when one is not there, or the flow may not have it
 */
export function placeSecrets(input: JsonObject, call: SecretCall, secrets: SecretPort | undefined): SecretInput {
  const { flow, node, runFlow } = call;
  // Most flows have none, and nodes are many.
  const work = flow.secrets === undefined ? undefined : flow.nodes.find(({ name }) => name === node)?.work;
  const places = work?.kind === 'action' ? (work.secrets ?? []) : [];
  if (places.length === 0) return { input };
  let hosts: readonly string[] | undefined;
  const valueOf = (name: string): string => {
    const use = useSecret(secrets, name, runFlow);
    const allowed = use.hosts;
    if (allowed !== undefined) hosts = hosts === undefined ? allowed : hosts.filter((host) => allowed.includes(host));
    return use.value;
  };
  const placed = places.reduce<JsonValue>((value, path) => replaceAt(value, path, (at) => textOf(at, valueOf)), input);
  if (!isJsonObject(placed)) throw lost();
  return { input: placed, ...(hosts === undefined ? {} : { hosts }) };
}

function useSecret(secrets: SecretPort | undefined, name: string, runFlow: string): SecretUse {
  if (secrets !== undefined) return secrets.use(name, runFlow);
  throw new MoonpoolError('FLOW_SECRET', `There is no secret ${name}: nothing gives this engine any.`, {
    details: { secret: name },
  });
}

function replaceAt(
  value: JsonValue,
  [key, ...rest]: readonly (string | number)[],
  change: (value: JsonValue) => JsonValue,
): JsonValue {
  if (key === undefined) return change(value);
  if (Array.isArray(value) && typeof key === 'number') {
    return (value as readonly JsonValue[]).map((item, index) => (index === key ? replaceAt(item, rest, change) : item));
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) throw lost();
  const entries = Object.entries(value).map(([name, item]): [string, JsonValue] =>
    name === key ? [name, replaceAt(item, rest, change)] : [name, item],
  );
  return Object.fromEntries(entries);
}

/** `{$secret: name}`, or `{$text: [part, …]}`, as the evaluator leaves them. */
function textOf(value: JsonValue, valueOf: (name: string) => string): string {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) throw lost();
  const { $secret: name, $text: parts } = value;
  if (typeof name === 'string') return valueOf(name);
  if (!Array.isArray(parts)) throw lost();
  return (parts as readonly JsonValue[]).map((part) => textOf(part, valueOf)).join('');
}

function lost(): MoonpoolError {
  return new MoonpoolError('BUG_INVARIANT', 'A secret has no place in the input of its call.');
}

/** `outcome` without the value of any secret. */
export function strikeOutcome(outcome: EffectOutcome, secrets: SecretPort | undefined): EffectOutcome {
  if (secrets === undefined) return outcome;
  try {
    if (outcome.kind === 'failed') return { kind: 'failed', error: strikeError(outcome.error, secrets) };
    const { response } = outcome;
    const value = secrets.strike(outcome.value);
    if (response === undefined) return { ...outcome, value };
    const headers = secrets.strike(response.headers) as typeof response.headers;
    return { ...outcome, value, response: { ...response, headers, body: secrets.strike(response.body) } };
  } catch (error) {
    return { kind: 'failed', error: toErrorData(error) };
  }
}

function strikeError({ code, message, details }: ErrorData, secrets: SecretPort): ErrorData {
  const struck = { code, message: secrets.strike(message) };
  return details === undefined ? struck : { ...struck, details: secrets.strike(details) };
}
