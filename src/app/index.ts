/** The whole program, plugged together: what commands call, and the types they speak. */
export type { TestDifference, TestResult } from '../flow-test/index.ts';
export type { Run, RunEvent, RunOutcome, Runner, RunWaiting } from '../engine/index.ts';
export { CONFIG_TREE, findMemory, type LoadedConfig, loadConfig, type MachineMemory } from './config.ts';
export { type AppEngine, createEngine, type EngineParts } from './engine.ts';
export { flowSchema, loadFlows, type LoadedFlows, type LoadOptions } from './flows.ts';
export { type FlowTestRequest, runFlowTests } from './flow-tests.ts';
export { probeLua } from './lua-probe.ts';
export type { AppServer, ServeRequest } from './serve.ts';
export { startServe } from './serve-door.ts';
