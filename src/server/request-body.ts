/**
 * A request's body as a JSON object.
 *
 * Depth and number of lists and objects are counted before parsing, so that nothing is ever built
 * that is deeper than the engine takes, or many times larger in memory than on the wire.
 */
import { isJsonObject, type JsonObject, jsonTypeName } from '../core/index.ts';
import { RequestError } from './problem.ts';

/** The depth that state may have. */
const MAX_DEPTH = 100;
/** A MiB of empty objects takes 20 MiB and more; so many take a few. */
const MAX_CONTAINERS = 50_000;

/**
 * The object in a body; an empty body is an empty object.
 *
 * @throws HTTP_BODY when it is not UTF-8, not JSON, too deep or of too many parts; FLOW_INPUT when it is not an object
 */
export function parseBody(body: Uint8Array | undefined): JsonObject {
  if (body === undefined || body.byteLength === 0) return {};
  checkStructure(body);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new RequestError('HTTP_BODY', 'The request body is not valid JSON in UTF-8.');
  }
  if (!isJsonObject(value)) {
    throw new RequestError('FLOW_INPUT', `The request body must be a JSON object, got ${jsonTypeName(value)}.`, {
      details: { errors: [{ in: 'body', name: '', message: `must be an object, got ${jsonTypeName(value)}` }] },
    });
  }
  return value;
}

/** True for a Content-Type that means JSON. */
export function isJsonType(contentType: string): boolean {
  return /^application\/([a-z0-9!#$&^_.+-]+\+)?json\s*(;|$)/i.test(contentType.trim());
}

function checkStructure(body: Uint8Array): void {
  let depth = 0;
  let containerCount = 0;
  let inText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (inText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      containerCount += 1;
      if (depth > MAX_DEPTH) {
        throw new RequestError('HTTP_BODY', `The request body is nested more than ${MAX_DEPTH} levels deep.`);
      }
      if (containerCount > MAX_CONTAINERS) {
        throw new RequestError('HTTP_BODY', `The request body has more than ${MAX_CONTAINERS} lists and objects.`);
      }
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
}
