/* Scripts of strangers: what they give comes back, what they do wrong is an error with a code. */
import { LuaLanes } from 'moonpool/lua';

await using lanes = new LuaLanes({ lanes: 2, timeoutMs: 500, memoryBytes: 4 * 1024 * 1024 });
const scripts = {
  honest: 'print("adding up")\nreturn { total = state.price * state.count }',
  broken: 'return { total = ',
  failing: 'local nothing\nreturn nothing.total',
  endless: 'while true do pcall(function() while true do end end) end',
  greedy: 'local all = {}\nfor i = 1, 1e9 do all[i] = { i } end',
  nosy: 'return { files = tostring(io), shell = tostring(os.execute), modules = tostring(require) }',
};
for (const [name, source] of Object.entries(scripts)) {
  try {
    const script = await lanes.compile(source);
    console.log(name, JSON.stringify(await script.run({ price: 7, count: 6 })));
  } catch (error) {
    console.log(name, error.code, 'line', error.details.line ?? 'unknown');
  }
}
