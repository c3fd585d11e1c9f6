/**
 * What `csv.parse` and `csv.stringify` share: the delimiter.
 */
import { getOwn, type JsonObject } from '../core/index.ts';
import { actionError, shown } from './action-input.ts';

/** Schema of the delimiter. */
export const DELIMITER: JsonObject = {
  type: ['string', 'null'],
  maxLength: 1,
  description: 'What stands between fields: one ASCII character such as ; or "\\t". Default a comma.',
};

/** The delimiter in `input`. @throws FLOW_ACTION for one that CSV needs itself */
export function readDelimiter(action: string, input: JsonObject): string {
  const value = getOwn(input, 'delimiter') ?? ',';
  if (typeof value === 'string' && /^[\t\x20-\x7e]$/.test(value) && value !== '"') return value;
  throw actionError(action, `delimiter must be one ASCII character that is no quote or line end, got ${shown(value)}.`);
}
