/**
 * The plain page at `/` and `/console`: what this server serves.
 */
import { escapeHtml } from '../core/index.ts';
import type { EndpointFlow } from './route-table.ts';

/** The page as UTF-8. */
export function renderIndex(flows: readonly EndpointFlow[], version: string): Uint8Array {
  const rows = flows.map(({ endpoint, name, description }) => {
    const isLink = endpoint.method === 'GET' && !endpoint.path.includes('{');
    const path = escapeHtml(endpoint.path);
    const place = isLink ? `<a href="${path}">${path}</a>` : path;
    return `<tr><td>${endpoint.method}</td><td>${place}</td><td>${escapeHtml(endpoint.summary ?? description ?? name)}</td></tr>`;
  });
  const table =
    rows.length === 0 ? '<p>No flow with an endpoint is loaded.</p>' : `<table>\n${rows.join('\n')}\n</table>`;
  return Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Moonpool</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
td { padding: 0.2rem 1rem 0.2rem 0; vertical-align: top; }
</style>
</head>
<body>
<h1>Moonpool ${escapeHtml(version)}</h1>
${table}
<p><a href="/health">health</a> · <a href="/metrics">metrics</a> · <a href="/openapi.json">openapi.json</a></p>
</body>
</html>
`);
}
