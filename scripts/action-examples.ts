/**
 * One `with` per built-in action, as its reference page shows it.
 *
 * Whoever makes the page checks that every action has one and that it fits the action's schema.
 */
import type { JsonObject } from '../src/core/index.ts';

/** The `with` of a node, by the action it uses. */
export const ACTION_EXAMPLES: { readonly [name: string]: JsonObject } = {
  'calendar.events': {
    blob: { blob: '{{ state.feed.blob.blob }}' },
    from_ms: 1767571200000,
    to_ms: 1768176000000,
    zone: 'Europe/Berlin',
  },
  'csv.parse': { text: '{{ state.answer.body }}', delimiter: ';', types: { price: 'number' } },
  'csv.stringify': { rows: [{ name: 'Ann', age: 30 }], columns: ['name', 'age'] },
  'data.filter': { list: [{ age: 17 }, { age: 30 }], condition: 'item.age >= 18' },
  'data.merge': { sources: [{ a: { x: 1 } }, { a: { y: 2 } }], deep: true },
  'data.validate': { value: { name: 'Ann' }, schema: { type: 'object', required: ['name'] } },
  'file.list': { path: 'reports', pattern: '*.csv' },
  'file.read': { path: 'report.json', as: 'json' },
  'file.write': { path: 'report.json', json: { done: true } },
  'health.report': { part: 'feed', status: 'degraded', reason: 'The feed is two hours old.' },
  'http.delete': { url: 'https://example.org/items/7' },
  'http.get': { url: 'https://example.org/items', query: { page: 1 }, as: 'json' },
  'http.patch': { url: 'https://example.org/items/7', json: { name: 'new' } },
  'http.post': { url: 'https://example.org/items', json: { name: 'first' }, fail_on_status: true },
  'http.put': { url: 'https://example.org/files/a.txt', body: 'text' },
  'http.respond': { status: 201, json: { id: 7 } },
  'json.parse': { text: '{"items": [1, 2]}', at: '/items/0' },
  'json.stringify': { value: { a: 1 }, indent: 2 },
  'kv.delete': { key: 'last_seen' },
  'kv.get': { key: 'last_seen', default: 0 },
  'kv.set': { namespace: 'feeds', key: 'etag', value: '"v1"' },
  log: { message: 'The feed was read.', fields: { events: 12 } },
  'memory.delete': { key: 'token' },
  'memory.get': { key: 'token' },
  'memory.set': { key: 'token', value: 'abc' },
  'ratelimit.wrap': {
    limiter: 'example',
    rpm: 30,
    action: { uses: 'http.get', with: { url: 'https://example.org/items' } },
  },
  'template.render': { file: 'page.html', data: { title: 'Today' } },
  'time.sleep': { for: '30s' },
};
