/**
 * Every word the expression language knows, for its reference, editors and hostile inputs.
 */
import { MARKUP_FILTERS } from './expression-compiler.ts';
import { FILTERS } from './filter-table.ts';
import { FUNCTION_NAMES } from './functions.ts';
import { METHOD_NAMES } from './methods.ts';
import { refusedNames } from './refusals.ts';
import { STATEMENT_WORDS } from './template-parser.ts';
import { VALUE_TESTS } from './value-tests.ts';

/** The names of one kind that can be used, and those that are refused with a reason; each sorted. */
export interface Vocabulary {
  readonly known: readonly string[];
  readonly refused: readonly string[];
}

/** Names by kind. `statement` holds opening and closing words alike. */
export function expressionVocabulary(): Readonly<
  Record<'filter' | 'test' | 'function' | 'method' | 'statement', Vocabulary>
> {
  return {
    filter: { known: [...Object.keys(FILTERS), ...MARKUP_FILTERS].sort(), refused: refusedNames('filter') },
    test: { known: Object.keys(VALUE_TESTS).sort(), refused: refusedNames('test') },
    function: { known: [...FUNCTION_NAMES].sort(), refused: refusedNames('function') },
    method: { known: [...METHOD_NAMES].sort(), refused: refusedNames('method') },
    statement: { known: [...STATEMENT_WORDS].sort(), refused: refusedNames('statement') },
  };
}
