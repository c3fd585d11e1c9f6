import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anEndpointFlow } from '../../test/support/flows.ts';
import { checkEndpoints } from './endpoint-check.ts';
import { createRouteTable } from './route-table.ts';

const table = createRouteTable([
  anEndpointFlow('root', '/'),
  anEndpointFlow('list', '/api/things'),
  anEndpointFlow('make', '/api/things', { method: 'POST' }),
  anEndpointFlow('one', '/api/things/{id}'),
  anEndpointFlow('new', '/api/things/new'),
  anEndpointFlow('part', '/api/{kind}/{id}/part'),
]);

function found(method: string, path: string): unknown {
  const match = table.match(method, path);
  if (match?.kind !== 'found') return match;
  return [match.flow.name, Object.fromEntries(match.pathValues)];
}

describe('createRouteTable', () => {
  const rows = [
    ['GET', '/', ['root', {}]],
    ['HEAD', '/api/things', ['list', {}]],
    ['POST', '/api/things', ['make', {}]],
    ['GET', '/api/things/7', ['one', { id: '7' }]],
    ['GET', '/api/things/new', ['new', {}]],
    ['GET', '/api/things/new/part', ['part', { kind: 'things', id: 'new' }]],
    ['GET', '/api/things/a%2Fb%20c', ['one', { id: 'a/b c' }]],
    ['GET', '/api/things/', { kind: 'none' }],
    ['GET', '/api//things', { kind: 'none' }],
    ['GET', '/API/things', { kind: 'none' }],
    ['GET', `/${'a/'.repeat(5000)}`, { kind: 'none' }],
    ['DELETE', '/api/things', { kind: 'method', methods: ['GET', 'HEAD', 'POST'] }],
    ['GET', '/api/things/%zz', undefined],
  ] as const;
  for (const [method, path, result] of rows) {
    it(`gives ${JSON.stringify(result)} for ${method} ${path.slice(0, 40)}`, () => {
      assert.deepEqual(found(method, path), result);
    });
  }
});

describe('checkEndpoints', () => {
  it('finds nothing wrong with flows that fit together', () => {
    assert.deepEqual(checkEndpoints(table.flows), []);
  });

  for (const path of [
    '/health',
    '/healthz/x',
    '/metrics',
    '/openapi.json',
    '/admin',
    '/admin/x',
    '/console',
    '/api/flows',
    '/api/runs/{id}',
  ]) {
    it(`keeps ${path} for the server`, () => {
      assert.equal(checkEndpoints([anEndpointFlow('a', path)])[0]?.code, 'SPEC_PATH_TAKEN');
    });
  }

  it('lets a path through that only begins like one the server keeps', () => {
    assert.deepEqual(checkEndpoints([anEndpointFlow('a', '/healthy'), anEndpointFlow('b', '/api/runs-list')]), []);
  });

  it('finds two flows with one name, and two endpoints of one shape and method', () => {
    const codes = checkEndpoints([
      anEndpointFlow('a', '/x/{id}'),
      anEndpointFlow('a', '/y'),
      anEndpointFlow('b', '/x/{key}'),
      anEndpointFlow('c', '/x/{key}', { method: 'PUT' }),
    ]).map(({ code, message }) => `${code} ${message}`);

    assert.deepEqual(codes, [
      'SPEC_PATH_TAKEN The name "a" is taken by a.yaml.',
      'SPEC_PATH_TAKEN GET /x/{key} is taken by a.yaml.',
    ]);
  });

  for (const path of ['x', '/a b', '/a?b', '/a%20b', '/{a}/{a}', '/{a}.ics', '/a/../b', '/{}']) {
    it(`refuses the path ${path}`, () => {
      assert.equal(checkEndpoints([anEndpointFlow('a', path)])[0]?.code, 'SPEC_INVALID');
    });
  }
});
