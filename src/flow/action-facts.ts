/**
 * What the checker may know of an action without loading it: name, kind of effect, schemas.
 */
import type { JsonObject } from '../core/index.ts';

/** `safe` reads only; `idempotent` may be repeated under one key; `other` must not happen twice. */
export type EffectKind = 'safe' | 'idempotent' | 'other';

/** The public face of an action. */
export interface ActionFacts {
  /** `area.verb`: `http.get`. */
  readonly name: string;
  readonly effect: EffectKind;
  /** One sentence for docs and editors. */
  readonly about: string;
  /** JSON Schema (draft 2020-12) of `with`, an object; templates in it are checked after they are rendered. */
  readonly withSchema: JsonObject;
  /** JSON Schema of the result. */
  readonly resultSchema: JsonObject;
  /**
   * Keys of `with` whose text the action itself evaluates: the flow leaves it as it is written, so that data never
   * becomes part of it. Where the key stands and `data` does not, the action gets `state` and `variables` as `data`.
   */
  readonly ownText?: { readonly [key: string]: 'template' | 'condition' };
  /** Whether secrets may stand in `with`: only where they are sent on, never where they could be kept or changed. */
  readonly takesSecrets?: boolean;
}

/** All actions that flows may name. */
export interface ActionCatalogue {
  /** What is known of the action of that name, or undefined. */
  find(name: string): ActionFacts | undefined;
  /** All names, in alphabetical order. */
  names(): readonly string[];
}
