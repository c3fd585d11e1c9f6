/**
 * Cases over HTTP: one server with all flows, on loopback, and the run API over real connections.
 */
import { join } from 'node:path';
import { startServe } from '../../../src/app/index.ts';
import type { AppServer } from '../../../src/app/index.ts';
import type { ErrorData, JsonObject } from '../../../src/core/index.ts';
import type { RunEvent, WaitingFor } from '../../../src/engine/index.ts';
import { formatDiagnostic, SpecError } from '../../../src/spec/index.ts';
import type { ExpectedAnswer, NamedCase } from '../case-file.ts';
import type { CaseFolder } from '../case-folder.ts';
import { type Door, type Rest, type RunTold, stepFor } from './door.ts';

/** A run as the API gives it. */
interface RunRecord {
  readonly id: string;
  readonly status: 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';
  readonly state: JsonObject | null;
  readonly error: ErrorData | null;
  readonly waiting_for: readonly WaitingFor[] | null;
}

/** What a request was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const WAIT = '60s';

/** See the head of this file. */
export class ServerDoor implements Door {
  readonly name = 'HTTP';
  readonly canGive = true;
  readonly #folder: CaseFolder;
  readonly #server: AppServer;
  readonly #warnings: ReadonlyMap<string, readonly string[]>;

  private constructor(folder: CaseFolder, server: AppServer, warnings: ReadonlyMap<string, readonly string[]>) {
    this.#folder = folder;
    this.#server = server;
    this.#warnings = warnings;
  }

  /** Serves `cases`, all of which must be flows without errors. */
  static async open(folder: CaseFolder, cases: readonly NamedCase[]): Promise<ServerDoor> {
    const warnings = new Map<string, string[]>();
    const server = await serve(folder, {
      paths: cases.map((one) => folder.fileOf(one)),
      dataDirectory: join(folder.root, '.data-server'),
      onLine: (line) => {
        const id = folder.caseIdOf(line.split(':', 1)[0] ?? '');
        warnings.set(id, [...(warnings.get(id) ?? []), folder.withoutFolder(line)]);
      },
    });
    return new ServerDoor(folder, server, warnings);
  }

  takes(one: NamedCase): boolean {
    // `serve` takes no overlays, its API no interrupts, and strictness is the wish of who validates.
    return one.overlays === undefined && one.interrupts === undefined && one.strict !== true;
  }

  async run(one: NamedCase): Promise<RunTold> {
    const warnings = this.#warnings.get(one.id) ?? [];
    const path = `/api/flows/${encodeURIComponent(nameOf(one))}/runs?wait=${WAIT}`;
    const started = await this.ask('POST', path, { body: { input: one.input ?? {} } });
    if (started.status >= 400) return { rests: [refusalOf(started)], refusals: [], events: [], warnings };
    const { id } = JSON.parse(started.text) as RunRecord;
    const refusals: (string | undefined)[] = [];
    let events = one.quiet === true ? [] : await this.#follow(id, 1);
    let record = await this.#show(id);
    const rests = [toRest(record)];
    for (const { value, node } of one.give ?? []) {
      const step = stepFor(record.waiting_for ?? [], node);
      const body = step === undefined ? { input: value } : { step, input: value };
      const answer = await this.ask('POST', `/api/runs/${id}/input`, { body });
      const isRefused = answer.status >= 400;
      refusals.push(isRefused ? codeOf(answer) : undefined);
      if (isRefused) continue;
      events = await this.#follow(id, rests.length + 1);
      record = await this.#show(id);
      rests.push(toRest(record));
    }
    if (record.status === 'waiting') await this.ask('POST', `/api/runs/${id}/cancel`, { body: {} });
    return { rests, refusals, events, warnings };
  }

  async problems(one: NamedCase): Promise<readonly string[]> {
    try {
      const dataDirectory = join(this.#folder.root, '.data-refused');
      const file = this.#folder.fileOf(one);
      const beside = (one.beside ?? []).map((name) => join(file, '..', name));
      await using _ = disposing(
        await serve(this.#folder, {
          paths: [file, ...beside],
          dataDirectory,
          configFile: join(file, '..', 'moonpool.yaml'),
        }),
      );
      return [];
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      return error.diagnostics.map((problem) => this.#folder.withoutFolder(formatDiagnostic(problem)));
    }
  }

  /** Asks what a case asks of its endpoint. */
  request({ request }: ExpectedAnswer): Promise<Answered> {
    const { method = 'GET', path, ...rest } = request;
    return this.ask(method, path, rest);
  }

  /** Sends one request. */
  async ask(
    method: string,
    path: string,
    { headers = {}, body }: Omit<ExpectedAnswer['request'], 'path'> = {},
  ): Promise<Answered> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${this.#server.url}${path}`, {
      method,
      headers: { ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }

  async #show(id: string): Promise<RunRecord> {
    const { status, text } = await this.ask('GET', `/api/runs/${id}`);
    if (status !== 200) throw new Error(`the run was answered ${status}: ${text}`);
    return JSON.parse(text) as RunRecord;
  }

  /** The stream of a run from its beginning to its end, or until it waits for the `waits`th time. */
  async #follow(id: string, waits: number): Promise<readonly RunEvent[]> {
    const stop = new AbortController();
    const answer = await fetch(`${this.#server.url}/api/runs/${id}/events`, { signal: stop.signal });
    if (answer.status !== 200 || answer.body === null) throw new Error(`events were answered ${answer.status}`);
    const events: RunEvent[] = [];
    let rest = '';
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const frames = `${rest}${part}`.split('\n\n');
      rest = frames.pop() ?? '';
      events.push(...frames.flatMap(toEvent));
      const waited = events.filter(({ event }) => event === 'run.waiting').length;
      if (waited >= waits || events.at(-1)?.event === 'run.finished') break;
    }
    stop.abort();
    return events;
  }
}

/** The event of a frame; none in one that only keeps the connection open. */
function toEvent(frame: string): readonly RunEvent[] {
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  return data === undefined ? [] : [JSON.parse(data) as RunEvent];
}

function codeOf({ text }: Answered): string {
  return String((JSON.parse(text) as JsonObject)['code']);
}

/** A run that was refused before it began is to others one that failed. */
function refusalOf(answered: Answered): Rest {
  const { code, detail } = JSON.parse(answered.text) as { readonly code: ErrorData['code']; readonly detail: string };
  return { kind: 'failed', error: { code, message: detail } };
}

interface Serving {
  readonly paths: readonly string[];
  readonly dataDirectory: string;
  readonly configFile?: string;
  readonly onLine?: (line: string) => void;
}

function serve(folder: CaseFolder, { paths, dataDirectory, configFile, onLine }: Serving): Promise<AppServer> {
  return startServe({
    paths,
    configFile: configFile ?? folder.configFile,
    port: 0,
    dataDirectory,
    version: '0.0.0',
    io: {
      stdout: { isTerminal: false },
      stderr: { write: (text) => onLine?.(text.replace(/\n$/, '')) },
    },
  });
}

function disposing(server: AppServer): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => server.close() };
}

/** The name the flow gives itself, else that of its file. */
function nameOf({ flow, id }: NamedCase): string {
  return /^name: *(.+)$/m.exec(flow)?.[1] ?? id;
}

function toRest({ status, state, error, waiting_for: asked }: RunRecord): Rest {
  switch (status) {
    case 'succeeded':
      return { kind: 'succeeded', state: state ?? {} };
    case 'waiting':
      return { kind: 'waiting', asked: asked ?? [] };
    case 'running':
      throw new Error('the run did not come to rest');
    default:
      if (error === null) throw new Error('a run that failed has no error');
      return { kind: status, error };
  }
}
