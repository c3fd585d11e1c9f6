import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { schemaProblems } from '../../test/support/action-call.ts';
import { isJsonObject } from '../core/index.ts';
import { type ActionDeps, createActions } from './index.ts';

const actions = createActions({ filesRoot: '' } as ActionDeps);

describe('createActions', () => {
  it('has the built-in ones by name', () => {
    assert.deepEqual(actions.names(), [
      'calendar.events',
      'csv.parse',
      'csv.stringify',
      'data.filter',
      'data.merge',
      'data.validate',
      'file.list',
      'file.read',
      'file.write',
      'health.report',
      'http.delete',
      'http.get',
      'http.patch',
      'http.post',
      'http.put',
      'http.respond',
      'json.parse',
      'json.stringify',
      'kv.delete',
      'kv.get',
      'kv.set',
      'log',
      'memory.delete',
      'memory.get',
      'memory.set',
      'ratelimit.wrap',
      'template.render',
      'time.sleep',
    ]);
    assert.equal(actions.find('secrets.get'), undefined);
    assert.equal(actions.find('constructor'), undefined);
  });

  for (const name of actions.names()) {
    it(`describes ${name}, its input and its result`, () => {
      const action = actions.find(name);
      assert.ok(action !== undefined);
      assert.match(action.about, /^[A-Z].*\.$/);
      for (const schema of [action.withSchema, action.resultSchema]) {
        schemaProblems(schema, {});
        const properties = schema['properties'];
        assert.ok(isJsonObject(properties));
      }
      assert.equal(action.withSchema['additionalProperties'], false);
      for (const [key, property] of Object.entries(action.withSchema['properties'] as object)) {
        assert.match(key, /^[a-z][a-z_]*$/);
        assert.match(String(property.description), /\.$/, `${key} is described`);
      }
    });
  }
});
