/**
 * Flows as data, for tests of what happens around a run.
 */
import type { Endpoint, Flow } from '../../src/flow/index.ts';

/** A flow without nodes. */
function aFlow(name: string, more: Partial<Flow> = {}): Flow {
  return {
    name,
    file: `${name}.yaml`,
    directory: '.',
    hash: name,
    variables: {},
    initialState: {},
    settings: { lua: {}, maxSteps: 100 },
    entry: { kind: 'end' },
    nodes: [],
    ...more,
  };
}

/** A flow at `GET path` unless said otherwise. */
export function anEndpointFlow(
  name: string,
  path: string,
  more: Partial<Endpoint> = {},
): Flow & { endpoint: Endpoint } {
  const endpoint: Endpoint = {
    path,
    method: 'GET',
    auth: 'default',
    queryParams: [],
    pathParams: [],
    priority: 'normal',
    ...more,
  };
  return { ...aFlow(name), endpoint };
}
