/**
 * Whether Lua runs here: one line, in the calling thread.
 */
import { createLuaHost } from '../lua/machine/index.ts';
import { MACHINE_LIMITS } from '../lua/machine/index.ts';
import { resolveOptions } from '../core/index.ts';
import { readWasmFile } from '../lua/lanes/index.ts';

/** Loads the Lua machine and runs one line; gives its version: `Lua 5.4`. */
export async function probeLua(): Promise<string> {
  const host = await createLuaHost(await readWasmFile());
  using machine = host.createMachine(resolveOptions('lua', MACHINE_LIMITS));
  machine.load(host.buildImage([{ name: 'probe', code: 'return _VERSION', line: 1 }], { salt: 'probe' }));
  machine.fresh({ seed: 'probe' });
  const { value } = machine.call(0, { state: {}, variables: {}, nowMs: 0 });
  return typeof value === 'string' ? value : 'unknown';
}
