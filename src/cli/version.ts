/** The version of this package, from its own `package.json`. */
import { readFileSync } from 'node:fs';

/** `0.1.0`. The file lies two folders up from source and build alike. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
