/** One command from arguments to exit code. The process around it is `process.ts`. */
export type { AppEngine, AppServer, CliApp, LoadApp, LoadedFlows } from './app-port.ts';
export { type CommandFacts, describeCommands, type ParameterFacts } from './command-facts.ts';
export type { CliIo, Sink } from './io.ts';
export { main } from './main.ts';
