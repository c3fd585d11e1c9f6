/**
 * The secrets of a test: their names in place of their values, so that none can be shown.
 */
import type { SecretPort } from '../engine/index.ts';

/** What stands for the value of a secret: what would stand where a real one was struck out. */
export const TEST_SECRETS: SecretPort = {
  use: (name) => ({ value: `[secret:${name}]` }),
  strike: (value) => value,
};
