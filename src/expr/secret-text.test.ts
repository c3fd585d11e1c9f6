import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../core/index.ts';
import { ExprError } from './error.ts';
import { compileValue, renderValue } from './value-template.ts';

function rendered(text: string, state: JsonValue = {}): JsonValue {
  return renderValue(compileValue(text, { secrets: 'placed' }), { state });
}

function refusal(text: string, secrets: 'placed' | 'refused' = 'placed'): string {
  try {
    compileValue(text, { secrets });
  } catch (error) {
    if (error instanceof ExprError) return `${String(error.details['column'])} ${error.sentence}`;
    throw error;
  }
  return 'accepted';
}

describe('a text with secrets', () => {
  it('comes to the name of its secret when it is only that', () => {
    for (const text of [
      '{{ secrets.key }}',
      ' {{secrets.key}}\n',
      "{{- secrets['key'] -}}",
      '{# a #}{{ secrets["key"] }}',
    ]) {
      assert.deepEqual(rendered(text), { $secret: 'key' }, text);
    }
  });

  it('comes to its parts when there is more', () => {
    assert.deepEqual(rendered('Bearer {{ secrets.key }}'), { $text: ['Bearer ', { $secret: 'key' }] });
    assert.deepEqual(rendered('{{ state.user }}:{{ secrets.a }}{{ secrets.b }}', { user: 'ada' }), {
      $text: ['ada', ':', { $secret: 'a' }, { $secret: 'b' }],
    });
  });

  it('keeps data that looks like a secret a text among its parts', () => {
    assert.deepEqual(rendered('{{ state.x }}{{ secrets.a }}', { x: { $secret: 'b' } }), {
      $text: ['{"$secret":"b"}', { $secret: 'a' }],
    });
    assert.deepEqual(rendered('{{ state.x }}', { x: { $secret: 'b' } }), { $secret: 'b' });
  });

  it('is told by its place in the tree, and data never is', () => {
    const { secrets } = compileValue(
      { url: 'https://h/{{ state.x }}', headers: { a: '{{ secrets.k }}', b: ['-', '{{ secrets.k }}{{ secrets.l }}'] } },
      { secrets: 'placed' },
    );

    assert.deepEqual(secrets, [
      { path: ['headers', 'a'], names: ['k'] },
      { path: ['headers', 'b', 1], names: ['k', 'l'] },
    ]);
  });

  it('names the place of what fails beside the secret', () => {
    assert.throws(
      () => rendered('{{ secrets.key }} {{ state.x + 1 }}', { x: {} }),
      (error) => error instanceof ExprError && error.code === 'EXPR_FAILED' && error.details['column'] === 30,
    );
  });

  const USES = [
    '{{ secrets.key | upper }}',
    '{{ secrets.key ~ "" }}',
    '{{ secrets.key == "x" }}',
    '{{ "a" if secrets.key else "b" }}',
    '{{ secrets }}',
    '{{ secrets | tojson }}',
    '{{ secrets.key.length }}',
    '{{ secrets.key[0] }}',
    '{{ secrets[state.name] }}',
    '{{ secrets["k" "ey"] }}',
    '{{ (secrets.key) }}',
    '{{ {"a": secrets.key} }}',
    '{{ [secrets.key] }}',
    '{{ secrets.key }}{{ secrets.key | length }}',
    '{% if secrets.key %}{% endif %}',
    '{% set k = secrets.key %}{{ k }}',
    '{% for c in secrets.key %}{{ c }}{% endfor %}',
    '{% with k = secrets.key %}{{ k }}{% endwith %}',
    '{% macro m() %}{{ secrets.key }}{% endmacro %}{{ m() }}',
    '{% if state.x %}{{ secrets.key }}{% endif %}',
    '{{ secrets["a b"] }}',
    '{{ secrets[""] }}',
  ];
  for (const text of USES) {
    it(`is refused where it does more than print: ${text}`, () => {
      assert.notEqual(refusal(text), 'accepted');
    });
  }

  it('is refused everywhere but where secrets may be placed', () => {
    assert.equal(refusal('a {{ secrets.key }}', 'refused'), '6 A secret cannot be read here');
    assert.equal(refusal('{{ state.secrets }}', 'refused'), 'accepted');
  });

  it('takes a name of its own for what it is', () => {
    assert.equal(rendered('{% set secrets = {"key": 1} %}{{ secrets.key }}'), '1');
  });
});
