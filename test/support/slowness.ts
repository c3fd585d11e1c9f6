/**
 * How slow the machine is that runs the tests, said from outside: `MOONPOOL_TEST_SLOWNESS` is how
 * many times longer things take than on a desktop, default 1. An emulator is about 30.
 */
const SLOWNESS = Number(process.env['MOONPOOL_TEST_SLOWNESS'] ?? 1);

/** For tests of what has a fixed time in the product, too little for an emulator: why they are skipped, or false. */
export const tooSlow: string | false =
  SLOWNESS > 1 ? `this machine takes ${SLOWNESS} times as long as a desktop` : false;

/** `ms` on a desktop, as a limit that code which keeps it there keeps here too. */
export function limitMs(ms: number): number {
  return ms * SLOWNESS;
}
