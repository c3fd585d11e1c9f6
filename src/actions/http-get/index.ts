/**
 * `http.get`: fetches a URL.
 */
import type { Action } from '../../engine/index.ts';
import { createHttpAction, type HttpActionDeps } from '../http-request.ts';

/** `http.get` over a pooled client. */
export function createHttpGetAction(deps: HttpActionDeps): Action {
  const about = 'Fetches a URL over HTTP and gives status, headers and body as text, JSON or a blob.';
  return createHttpAction({ name: 'http.get', method: 'GET', effect: 'safe', about, hasBody: false }, deps);
}
