/**
 * The key `imports`: other flows, as a list of objects or as names with paths.
 */
import { codeKeys, key, listShape, requiredKey, tableShape, textShape } from './language-parts.ts';
import type { KeyTable, Shape } from './shape.ts';

/** Longest path of an imported flow. */
const PATH = textShape(500);

const IMPORT_KEYS: KeyTable = {
  path: requiredKey(PATH, 'Path of the flow, beginning from this file.'),
  as: key(textShape(100), 'Its name here; that of its file unless given.'),
  namespace: key(textShape(100), 'The same as `as`.'),
  ...codeKeys('package', 'module'),
};

/** The shape of `imports`. */
export const IMPORTS_SHAPE: Shape = {
  kind: 'either',
  list: listShape(tableShape(IMPORT_KEYS)),
  map: { kind: 'dictionary', of: PATH },
};
