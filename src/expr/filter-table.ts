/**
 * Every filter by name. `escape`, `e`, `forceescape` and `safe` are not here: the compiler makes them, for only it
 * knows what is markup.
 */
import type { Filter } from './callable.ts';
import { DATA_FILTERS } from './data-filters.ts';
import { LIST_FILTERS } from './list-filters.ts';
import { NUMBER_FILTERS } from './number-filters.ts';
import { RUST_FILTERS } from './rust-dialect.ts';
import { createSelectionFilters } from './selection-filters.ts';
import { TEXT_FILTERS } from './text-filters.ts';
import { VALUE_TESTS } from './value-tests.ts';
import { WRITING_FILTERS } from './writing-filters.ts';

const PLAIN_FILTERS: Readonly<Record<string, Filter>> = {
  ...TEXT_FILTERS,
  ...NUMBER_FILTERS,
  ...LIST_FILTERS,
  ...DATA_FILTERS,
  ...WRITING_FILTERS,
  ...RUST_FILTERS,
};

/** Every filter by name. What `map` can apply is the same without map, select and their kin. */
export const FILTERS: Readonly<Record<string, Filter>> = {
  ...PLAIN_FILTERS,
  ...createSelectionFilters(PLAIN_FILTERS, VALUE_TESTS),
};
