/**
 * How slow the machine is that runs the tests, said from outside: `MOONPOOL_TEST_SLOWNESS` is how
 * many times longer things take than on a desktop, default 1. An emulator is about 30.
 */
const SLOWNESS = Number(process.env['MOONPOOL_TEST_SLOWNESS'] ?? 1);

/** `ms` on a desktop, as a limit that code which keeps it there keeps here too. */
export function limitMs(ms: number): number {
  return ms * SLOWNESS;
}
