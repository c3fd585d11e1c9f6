/**
 * A whole answer as plain data, and the words for the rungs of the ladder.
 */

/** An answer whose body is complete in memory. Header names are lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
}

/** Which rung made an answer, as `X-Moonpool-Path` says it. */
export type ServingPath = 'optimised' | 'direct' | 'last-good' | 'emergency';

/** What the client said it can show; decides between page and JSON where there is no flow to ask. */
export type Taste = 'html' | 'json';

/** `html` for a client whose Accept header names HTML, as browsers do; `json` for everybody else. */
export function tasteOf(accept: string | undefined): Taste {
  return accept !== undefined && /\btext\/html\b/i.test(accept.slice(0, 1000)) ? 'html' : 'json';
}
