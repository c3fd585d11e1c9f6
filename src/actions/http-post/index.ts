/**
 * `http.post`: sends something to a URL, which may do something new each time.
 */
import type { Action } from '../../engine/index.ts';
import { createHttpAction, type HttpActionDeps } from '../http-request.ts';

/** `http.post` over a pooled client. */
export function createHttpPostAction(deps: HttpActionDeps): Action {
  const about = 'Sends text, JSON, a form or a blob to a URL and gives what it answers.';
  return createHttpAction({ name: 'http.post', method: 'POST', effect: 'other', about, hasBody: true }, deps);
}
