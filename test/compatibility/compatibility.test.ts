/**
 * Runs every line of docs/reference/compatibility.md: what it says of a key is what happens.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { createEngine, flowSchema, loadConfig } from '../../src/app/index.ts';
import { actionFacts } from '../../src/actions/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, silentLog } from '../../src/core/index.ts';
import { createLuaHost } from '../../src/lua/machine/index.ts';
import { readWasmFile } from '../../src/lua/lanes/index.ts';
import { parseFlow } from '../../src/spec/index.ts';
import { readState } from '../support/segments.ts';

const PAGE = 'docs/reference/compatibility.md';
const STANDINGS = ['runs', 'differs', 'ignored', 'refused'];

interface Line {
  readonly number: number;
  readonly what: string;
  readonly here: string;
  readonly example: string;
  readonly comesTo: string;
  readonly note: string;
}

const lines: readonly Line[] = readFileSync(PAGE, 'utf8')
  .split('\n')
  .flatMap((text, index) => {
    const cells = text.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
    const [, what = '', here = '', example = '', comesTo = '', note = ''] = cells;
    if (cells.length !== 7 || here === 'Here' || /^-+$/.test(here)) return [];
    const bare = (cell: string): string => cell.replace(/^`+|`+$/g, '');
    return [{ number: index + 1, what, here, example: bare(example), comesTo: bare(comesTo), note }];
  });

const host = await createLuaHost(await readWasmFile());
const engine = await createEngine({
  flows: [],
  config: await loadConfig({ paths: ['.'], environment: {} }),
  log: silentLog,
});
after(() => engine.close());

/** What comes of an example: the codes of its diagnostics, and how its run ended. */
async function tryOut(example: string): Promise<{
  readonly codes: readonly string[];
  readonly warnings: readonly string[];
  readonly end: string | JsonObject;
}> {
  const { $overlay: overlay, ...flow } = parse(`{${example}}`) as JsonObject;
  const { flow: checked, diagnostics } = parseFlow(stringify(flow), {
    file: 'flow.yaml',
    directory: '.',
    actions: actionFacts(),
    checkLua: (code) => host.checkChunk(code),
    overlays: overlay === undefined ? [] : [{ file: 'overlay.yaml', text: stringify(overlay) }],
  });
  const codesOf = (severity: string): readonly string[] =>
    diagnostics.filter((found) => found.severity === severity).map(({ code }) => code);
  const found = { codes: codesOf('error'), warnings: codesOf('warning') };
  if (checked === undefined) return { ...found, end: found.codes[0] ?? '' };
  const run = engine.runner.start(checked, {});
  const rest = await run.untilRest();
  if (rest.kind === 'waiting') run.cancel('the example has shown what it does');
  if (rest.kind === 'waiting') return { ...found, end: 'waits' };
  return { ...found, end: rest.kind === 'succeeded' ? readState(rest.state) : rest.error.code };
}

describe('the compatibility page', () => {
  it('has lines of every kind', () => {
    for (const standing of STANDINGS) assert.ok(lines.filter(({ here }) => here === standing).length > 3, standing);
    assert.deepEqual(
      lines.filter(({ here }) => !STANDINGS.includes(here)),
      [],
    );
  });

  it('says what is different wherever something is', () => {
    assert.deepEqual(
      lines.filter(({ here, note }) => here === 'differs' && note === '').map(({ what }) => what),
      [],
    );
  });

  it('names every key that is ignored', async () => {
    const ignored = new Set<string>();
    const walk = (node: JsonValue): void => {
      if (typeof node !== 'object' || node === null) return;
      const properties = isJsonObject(node) && isJsonObject(node['properties']) ? node['properties'] : {};
      for (const [key, part] of Object.entries(properties)) {
        if (isJsonObject(part) && part['deprecated'] === true) ignored.add(key);
      }
      for (const part of Object.values(node)) walk(part as JsonValue);
    };
    walk(await flowSchema());
    const named = lines.filter(({ here }) => here === 'ignored').map(({ what }) => what);

    assert.deepEqual(
      [...ignored].filter((key) => !named.some((what) => what.includes(key))),
      [],
    );
  });

  for (const { number, what, here, example, comesTo, note } of lines) {
    it(`is right in line ${number}: ${what} ${here}`, async () => {
      const { codes, warnings, end } = await tryOut(example);

      if (comesTo.startsWith('{')) {
        assert.ok(isJsonObject(end), `${JSON.stringify(end)} ${codes.join(' ')}`);
        const expected = JSON.parse(comesTo) as JsonObject;
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, end[key]])), expected);
        assert.deepEqual(codes, []);
      } else {
        assert.equal(end, comesTo);
      }
      const isQuiet = warnings.length === 0 || /warn/.test(note);
      assert.equal(here === 'ignored' ? warnings.includes('SPEC_IGNORED') : isQuiet, true, warnings.join(' '));
    });
  }
});
