/**
 * Loads ajv when the first schema is used: it costs 15 MB, and lanes never use one.
 *
 * The only file that knows how the package is found. Loading is synchronous, so that whoever
 * checks a value need not wait.
 */
import { createRequire } from 'node:module';
import type { Ajv2020 } from 'ajv/dist/2020.js';

/** The class that compiles schemas of draft 2020-12. */
export function loadSchemaLibrary(): typeof Ajv2020 {
  const library = createRequire(import.meta.url)('ajv/dist/2020.js') as { readonly Ajv2020: typeof Ajv2020 };
  return library.Ajv2020;
}
