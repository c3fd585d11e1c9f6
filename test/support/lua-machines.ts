/**
 * Machines for tests: one host and one file read per test process. Used by tests only.
 */
import assert from 'node:assert/strict';
import { type ErrorCode, type JsonObject, type JsonValue, resolveOptions } from '../../src/core/index.ts';
import { readWasmFile } from '../../src/lua/lanes/index.ts';
import {
  createLuaHost,
  LuaError,
  type LuaCallResult,
  type LuaMachine,
  MACHINE_LIMITS,
  type MachineLimits,
} from '../../src/lua/machine/index.ts';

/** The limits a machine has when nothing is said. */
export const DEFAULT_LIMITS: MachineLimits = resolveOptions('lua', MACHINE_LIMITS, {});

/** The Lua WASM file's bytes. */
export const wasmBytes = await readWasmFile();

/** The host all tests of a process share. */
export const host = await createLuaHost(wasmBytes);

/** A fresh machine whose chunks are `codes`, each beginning on line 1. */
export async function aMachine(codes: readonly string[], limits: Partial<MachineLimits> = {}): Promise<LuaMachine> {
  const chunks = codes.map((code, index) => ({ name: `c${index}`, code, line: 1 }));
  const machine = host.createMachine({ ...DEFAULT_LIMITS, ...limits });
  machine.load(host.buildImage(chunks, { salt: 'test' }));
  machine.fresh({ seed: 'test' });
  return machine;
}

/** Runs one piece of code on a machine made fresh for it. */
export type Runner = (code: string, state?: JsonObject, nowMs?: number) => LuaCallResult;

/** A runner over one machine. */
export async function aRunner(limits: Partial<MachineLimits> = {}): Promise<Runner> {
  const machine = host.createMachine({ ...DEFAULT_LIMITS, ...limits });
  return (code, state = {}, nowMs = 0) => {
    machine.load(host.buildImage([{ name: 'code', code, line: 1 }], { salt: 'test' }));
    machine.fresh({ seed: 'test' });
    return machine.call(0, { state, variables: {}, nowMs });
  };
}

/** What a chunk of `machine` gives for `state`. */
export function valueOf(machine: LuaMachine, chunk: number, state: JsonObject = {}): JsonValue | undefined {
  return machine.call(chunk, { state, variables: {}, nowMs: 0 }).value;
}

/** The `LuaError` that `work` throws, which must have `code`. */
export function failureOf(work: () => unknown, code: ErrorCode): LuaError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof LuaError, `expected a LuaError, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  assert.fail(`expected ${code}, got a value`);
}
