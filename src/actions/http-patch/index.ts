/**
 * `http.patch`: changes a part of what is at a URL.
 */
import type { Action } from '../../engine/index.ts';
import { createHttpAction, type HttpActionDeps } from '../http-request.ts';

/** `http.patch` over a pooled client. */
export function createHttpPatchAction(deps: HttpActionDeps): Action {
  const about = 'Changes a part of what is at a URL and gives what it answers.';
  return createHttpAction({ name: 'http.patch', method: 'PATCH', effect: 'other', about, hasBody: true }, deps);
}
