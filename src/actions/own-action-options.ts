/**
 * Which actions the operator adds to the built-in ones.
 */
import { type Resolved, type Table, texts } from '../core/index.ts';

/** `actions.*`: the operator's own actions. Never set by a flow. */
export const ACTION_OPTIONS = {
  modules: texts({
    key: 'modules',
    fallback: [],
    maxCount: 50,
    about:
      'Modules (.js, .mjs or .ts) with actions of your own, relative to the configuration file. Each has its *.schema.json beside it. They run with all rights of the server.',
  }),
} satisfies Table;

/** The complete options. */
export type ActionOptions = Resolved<typeof ACTION_OPTIONS>;
