/** The values that must never be shown: put into calls by name, struck out of everything that comes back. */
export { MAX_SECRET_LENGTH, MIN_SECRET_LENGTH } from './secret-forms.ts';
export { createSecrets, type SecretEntry, type Secrets } from './secrets.ts';
export { strikeBlobs, strikeHealth, strikeLog } from './struck-ports.ts';
