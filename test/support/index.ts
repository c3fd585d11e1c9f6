/** What tests of every folder share: a clock they move, and the real command in a real process. */
export {
  type CommandResult,
  commandPath,
  type LaunchOptions,
  ROOT,
  type RunningServer,
  runMoonpool,
  runProgram,
  startServer,
} from './command.ts';
export { FakeClock } from './fake-clock.ts';
