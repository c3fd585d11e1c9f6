/**
 * `http.put`: puts something at a URL; doing so twice is the same as once.
 */
import type { Action } from '../../engine/index.ts';
import { createHttpAction, type HttpActionDeps } from '../http-request.ts';

/** `http.put` over a pooled client. */
export function createHttpPutAction(deps: HttpActionDeps): Action {
  const about = 'Replaces what is at a URL and gives what it answers.';
  return createHttpAction({ name: 'http.put', method: 'PUT', effect: 'idempotent', about, hasBody: true }, deps);
}
