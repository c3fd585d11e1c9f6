/** What tests of every folder share: a clock they move, and the real command in a real process. */
export { TEST_AUTHORITY, TEST_CERTIFICATES, TEST_KEY } from './certificates.ts';
export {
  type CommandResult,
  installedPath,
  type LaunchOptions,
  ROOT,
  type RunningServer,
  runMoonpool,
  runProgram,
  startServer,
  userFolder,
} from './command.ts';
export { FakeClock } from './fake-clock.ts';
export { type FakeHost, startFakeHost, startFakeTlsHost, startRawHost } from './fake-host.ts';
