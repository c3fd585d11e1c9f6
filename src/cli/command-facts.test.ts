/** The commands as data. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCommands } from './command-facts.ts';

describe('describeCommands', () => {
  it('gives each command with its arguments and options, choices and defaults among them', () => {
    const inspect = describeCommands().find(({ name }) => name === 'inspect');

    assert.deepEqual(
      inspect?.parameters.map(({ form, about }) => `${form}: ${about}`),
      [
        '<flow>: flow file',
        '-f, --overlay <file>: file put over the flow; the last one wins (repeatable)',
        '--format <format>: how to show it; one of text, json, mermaid; default text',
      ],
    );
    assert.ok(inspect?.about.startsWith('Shows the nodes'));
  });

  it('tells what may be left out, and what may be several', () => {
    const forms = describeCommands().flatMap(({ parameters }) => parameters.map(({ form }) => form));

    for (const form of ['<flow>', '<flow...>', '[flow...]', '[path...]']) assert.ok(forms.includes(form), form);
  });
});
