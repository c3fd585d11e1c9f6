/**
 * `moonpool test`: runs the `*.test.yaml` of flows and says what is not as expected, with its place.
 */
import { type JsonValue, type Log, silentLog } from '../../core/index.ts';
import type { TestDifference, TestResult } from '../../app/index.ts';
import type { LoadApp } from '../app-port.ts';
import { diagnosticLine, oneLine } from '../error-line.ts';
import type { CliIo } from '../io.ts';

/** How to test. */
export interface TestFlowsOptions {
  readonly real?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** Longest value that a line shows. */
const MAX_VALUE_LENGTH = 500;
const EXIT_FAILED = 1;

function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  // Laid out by a space at each place where it could break.
  const text = oneLine(JSON.stringify(value, undefined, 1).replaceAll(/([[{])\n\s*|\n\s*([\]}])/g, '$1$2'));
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 3)}...` : text;
}

function differenceLines(file: string, { line, column, what, expected, got, message }: TestDifference): string[] {
  const head = `  ${oneLine(file)}:${line}:${column}: ${oneLine(what)}`;
  const wanted = expected === undefined && message !== undefined ? [] : [`    expected ${valueText(expected)}`];
  return [head, ...wanted, message === undefined ? `    got      ${valueText(got)}` : `    ${oneLine(message)}`];
}

/** One test for people; more than its name only when it failed. */
function resultText(file: string, result: TestResult): string {
  const { name, line, passed, differences, path } = result;
  if (passed) return `ok      ${oneLine(name)}\n`;
  const lines = [
    `FAILED  ${oneLine(name)} (${oneLine(file)}:${line})`,
    ...differences.flatMap((difference) => differenceLines(file, difference)),
    ...(differences.some(({ what }) => what === 'path')
      ? []
      : [`  ran ${path.length === 0 ? 'no node' : oneLine(path.join(', '))}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Warnings of the machinery, not what flows log: tests say what they expect of that. */
function talkLog(io: CliIo): Log {
  return {
    ...silentLog,
    error: (event, fields) =>
      io.stderr.write(`error ${event}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}\n`),
  };
}

/**
 * Runs the tests at `paths`, the current folder when there is none.
 *
 * @returns 0 when all pass, else 1
 * @throws what `runFlowTests` throws
 */
export async function testFlows(
  io: CliIo,
  loadApp: LoadApp,
  paths: readonly string[],
  options: TestFlowsOptions,
): Promise<number> {
  const app = await loadApp();
  const files = new Map<string, TestResult[]>();
  const isQuiet = options.quiet === true;
  await app.runFlowTests({
    paths: paths.length === 0 ? ['.'] : paths,
    isReal: options.real === true,
    log: isQuiet ? silentLog : talkLog(io),
    signal: AbortSignal.any([io.signal, io.outputLost]),
    onWarning: (warning) => {
      if (!isQuiet) io.stderr.write(`${diagnosticLine(warning)}\n`);
    },
    onResult: (file, result) => {
      const known = files.get(file);
      if (known === undefined && options.json !== true) io.stdout.write(`${oneLine(file)}\n`);
      if (known === undefined) files.set(file, [result]);
      else known.push(result);
      if (options.json !== true) io.stdout.write(resultText(file, result));
    },
  });
  const results = [...files.values()].flat();
  const failed = results.filter(({ passed }) => !passed).length;
  const passed = results.length - failed;
  if (options.json === true) {
    const report = { passed, failed, files: [...files].map(([file, tests]) => ({ file, tests })) };
    io.stdout.write(`${JSON.stringify(report, undefined, io.stdout.isTerminal ? 2 : undefined)}\n`);
  } else {
    io.stdout.write(`${passed} passed, ${failed} failed\n`);
  }
  return failed === 0 ? 0 : EXIT_FAILED;
}
