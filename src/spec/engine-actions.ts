/**
 * The actions that the engine does itself: calling another flow, and waiting for a person.
 *
 * They touch nothing outside, so no folder of `actions` implements them; the checker and the JSON
 * Schema know them from here.
 */
import type { ActionCatalogue, ActionFacts } from '../flow/index.ts';

/** Runs another flow as one node. */
export const FLOW_CALL = 'flow.call';
/** Waits for what a person gives. */
export const HUMAN_INPUT = 'human.input';

const ENGINE_ACTIONS: readonly ActionFacts[] = [
  {
    name: FLOW_CALL,
    effect: 'other',
    about: 'Runs another flow with an input of its own; its state is the result.',
    withSchema: {
      type: 'object',
      additionalProperties: false,
      required: ['flow'],
      properties: {
        flow: { type: 'string', description: 'Its name under `imports`, or its path beginning from this file.' },
        input: { type: 'object', description: 'What it gets.' },
      },
    },
    resultSchema: { type: 'object' },
  },
  {
    name: HUMAN_INPUT,
    effect: 'other',
    about: 'Lets the run wait until a person gives what is asked for; that is the result.',
    withSchema: {
      type: 'object',
      additionalProperties: false,
      required: ['prompt'],
      properties: {
        prompt: { description: 'What the person is asked.' },
        schema: { type: 'object', description: 'JSON Schema (draft 2020-12) that the input must fit.' },
      },
    },
    resultSchema: {},
  },
];

/** `catalogue` with the actions of the engine; where both know a name, the engine's counts. */
export function withEngineActions(catalogue: ActionCatalogue): ActionCatalogue {
  const own = new Map(ENGINE_ACTIONS.map((action) => [action.name, action]));
  return {
    find: (name) => own.get(name) ?? catalogue.find(name),
    names: () => [...new Set([...catalogue.names(), ...own.keys()])].toSorted(),
  };
}
