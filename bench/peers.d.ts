/** The little of the peers that is called; they bring no types, or are not installed where this is checked. */
declare module 'fengari' {
  type State = object;
  const fengari: {
    readonly lua: { lua_tonumber(state: State, index: number): number };
    readonly lauxlib: { luaL_newstate(): State; luaL_dostring(state: State, code: Uint8Array): number };
    readonly lualib: { luaL_openlibs(state: State): void };
    to_luastring(text: string): Uint8Array;
  };
  export default fengari;
}

declare module '@langchain/langgraph' {
  type Values = Readonly<Record<string, unknown>>;
  interface Channel {
    readonly reducer: (left: number, right: number) => number;
    readonly default: () => number;
  }
  export const Annotation: {
    (channel: Channel): unknown;
    Root(channels: Readonly<Record<string, unknown>>): unknown;
  };
  export const START: string;
  export const END: string;
  export class StateGraph {
    constructor(state: unknown);
    addNode(name: string, run: (state: Values) => Values): this;
    addEdge(from: string | readonly string[], to: string): this;
    compile(): { invoke(state: Values, options?: { readonly recursionLimit: number }): Promise<Values> };
  }
}
