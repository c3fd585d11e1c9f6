/**
 * Objects whose absent parts are really absent, as optional keys want them.
 */

/** `T` with the keys that may be undefined made optional. */
export type Present<T> = {
  readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** A copy of `parts` without the keys whose value is undefined. */
export function present<const T extends object>(parts: T): Present<T> {
  const kept = Object.entries(parts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}
