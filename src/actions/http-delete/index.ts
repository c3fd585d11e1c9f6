/**
 * `http.delete`: removes what is at a URL; doing so twice is the same as once.
 */
import type { Action } from '../../engine/index.ts';
import { createHttpAction, type HttpActionDeps } from '../http-request.ts';

/** `http.delete` over a pooled client. */
export function createHttpDeleteAction(deps: HttpActionDeps): Action {
  const about = 'Removes what is at a URL and gives what it answers.';
  return createHttpAction({ name: 'http.delete', method: 'DELETE', effect: 'idempotent', about, hasBody: false }, deps);
}
