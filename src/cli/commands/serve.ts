/**
 * `moonpool serve`: until SIGTERM or Ctrl-C. Log lines on standard output, talk on standard error.
 */
import { SECOND_MS } from '../../core/index.ts';
import type { AppServer, LoadApp } from '../app-port.ts';
import type { CliIo } from '../io.ts';

/** How to serve. */
export interface ServeOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly port?: number;
  readonly host?: string;
  readonly data?: string;
  /** Moonpool's own version. */
  readonly version: string;
}

/** How long a stop may take before it is left unfinished; within the 10 s that a supervisor waits. */
const STOP_LIMIT_MS = 9.5 * SECOND_MS;

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function stop(io: CliIo, server: AppServer): Promise<void> {
  const late = new AbortController();
  const closed = server.close().then(() => true);
  const limit = io.clock.sleep(STOP_LIMIT_MS, late.signal).then(
    () => false,
    () => false,
  );
  const isClosed = await Promise.race([closed, limit]);
  late.abort();
  if (!isClosed)
    io.stderr.write(`warning: some work did not end within ${STOP_LIMIT_MS / SECOND_MS} s and was left.\n`);
}

/** Serves until the signal aborts, then drains. @returns 0 */
export async function serveFlows(
  io: CliIo,
  loadApp: LoadApp,
  paths: readonly string[],
  options: ServeOptions,
): Promise<number> {
  const app = await loadApp();
  const server = await app.startServe({
    paths: paths.length === 0 ? ['.'] : paths,
    ...(options.config === undefined ? {} : { configFile: options.config }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.data === undefined ? {} : { dataDirectory: options.data }),
    version: options.version,
    io,
  });
  io.stderr.write(`Listening on ${server.url}\n`);
  if (!server.isLoopbackOnly) {
    io.stderr.write('warning: This server can be reached from other machines and is not encrypted.\n');
  }
  await untilAborted(io.signal);
  io.stderr.write('Stopping.\n');
  await stop(io, server);
  return 0;
}
