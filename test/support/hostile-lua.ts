/**
 * Lua that means harm: attempts to get out, and attempts to keep others from working.
 *
 * Each row says what it tries and what must happen. Machine tests run the escapes and the
 * denials by memory; lanes run all denials, since only they end what takes time. Used by tests only.
 */
import type { ErrorCode, JsonValue } from '../../src/core/index.ts';

/** What is tried, the code, and its value or the text of its error or of its value. The state has `list`, an empty list. */
export type Escape = readonly [name: string, code: string, expected: JsonValue | RegExp | undefined];

/** What is tried, the code, and the code of the error it must end with. */
export type Denial = readonly [name: string, code: string, endsWith: ErrorCode];

/** Attempts to see or change what is not the code's own. None may get anywhere. */
export const ESCAPES: readonly Escape[] = [
  ['bytecode by load', 'return (load("\\27Lua")) == nil', true],
  ['bytecode by load with mode b', 'return select("#", load("\\27Lua", "x", "b")) ', 2],
  ['bytecode by load with mode bt', 'return (select(2, load("\\27Lua", "x", "bt")))', /binary chunk \(mode is 't'\)/],
  ['bytecode by loadstring', 'return (select(2, loadstring("\\27Lua")))', /binary chunk/],
  [
    'bytecode by a reader function',
    'local n = 0 return (select(2, load(function() n = n + 1 return n == 1 and "\\27Lua" or nil end)))',
    /binary/,
  ],
  ['dumping a function', 'return string.dump ~= nil or ("").dump ~= nil', false],
  ['load keeps to its env', 'return load("return print", "x", "t", {})() == nil', true],
  ['load with a nil env has no globals', 'local ok = pcall(load("return print.x", "x", "t", nil)) return ok', false],
  ['load without env has the same globals', 'x = 5 return load("return x")()', 5],
  ['the metatable of text', 'return getmetatable("") == false', true],
  ['writing to the metatable of text', 'getmetatable("").__index = nil', /attempt to index a boolean/],
  ['setting the metatable of text', 'setmetatable("", {})', /table expected/],
  ['rawset on the metatable of text', 'rawset(getmetatable(""), "__index", 1)', /table expected/],
  ['finalisers', 'setmetatable({}, { __gc = print })', /__gc is not available/],
  ['a finaliser that is false', 'setmetatable({}, { __gc = false })', /__gc is not available/],
  [
    'a finaliser set later never runs',
    'local m = {} x = 0 do setmetatable({}, m) end m.__gc = function() x = 1 end for i = 1, 50000 do local _ = { i } end return x',
    0,
  ],
  ['a protected metatable', 'return pcall(setmetatable, setmetatable({}, { __metatable = 1 }), {})', false],
  ['the list mark', 'return getmetatable(state.list) == nil and getmetatable(array{}) == nil', true],
  [
    'the list mark by an __eq',
    'local seen local m = setmetatable({}, { __eq = function(_, b) seen = b end }) getmetatable(setmetatable({}, m)) return seen == nil',
    true,
  ],
  ['the globals’ metatable', 'return getmetatable(_G) == nil', true],
  ['addresses by tostring', 'return tostring({}):match("0x") == nil and tostring(print):match("0x") == nil', true],
  ['addresses by format', 'return string.format("%s %s", {}, print)', 'table: 1 function: 2'],
  ['addresses by %p', 'return string.format("%p", {})', /%p is not available/],
  ['addresses by %p with flags', 'return ("%-20p"):format("x")', /%p is not available/],
  ['addresses by %p after %%', 'return ("%%%p"):format("x")', /%p is not available/],
  ['a percent before p', 'return ("100%%p %s"):format(1)', '100%p 1'],
  ['addresses by __name', 'return tostring(setmetatable({}, { __name = "my" }))', 'my: 1'],
  ['addresses by concat', 'return pcall(table.concat, { {} })', false],
  ['addresses by an error object', 'error({ f = print })', /raised an error: table: 1$/],
  ['addresses by print', 'print({}, print) return 1', 1],
  [
    'an error object whose __tostring raises',
    'error(setmetatable({}, { __tostring = function() error("again") end }))',
    /cannot be turned into text/,
  ],
  [
    'an error object whose __tostring gives no text',
    'error(setmetatable({}, { __tostring = function() return {} end }))',
    /cannot be turned into text/,
  ],
  ['an error object that is nil', 'error()', /raised an error: nil/],
  ['a handler that raises', 'return (xpcall(error, function(e) error(e) end))', false],
  ['a handler that yields', 'return (coroutine.wrap(function() return xpcall(error, coroutine.yield) end)())', false],
  ['yielding out of the chunk', 'coroutine.yield()', /attempt to yield from outside a coroutine/],
  ['closing the running coroutine', 'return pcall(coroutine.close, coroutine.running())', false],
  [
    '__close that raises',
    'do local x <close> = setmetatable({}, { __close = function() error("closed") end }) end',
    /closed/,
  ],
  ['upvalues of the sandbox', 'tostring = nil return ("%s"):format({})', 'table: 1'],
  ['a replaced type', 'type = function() return "number" end return ("%s"):format({})', 'table: 1'],
  ['a replaced pcall', 'pcall = nil error({ a = 1 })', /{"a":1}/],
  ['a replaced rawget', 'rawget = function() end setmetatable({}, { __gc = print })', /__gc is not available/],
  ['the environment of a function', 'local _ENV = {} return print', undefined],
  [
    'require by another name',
    'for k, v in pairs(_G) do if k == "require" or k == "package" then return k end end return "none"',
    'none',
  ],
  ['the host table', 'return host == nil and _G.host == nil', true],
  ['numbers of tables start anew', 'return tostring({})', 'table: 1'],
  [
    'another chunk name for loaded code',
    'return (select(2, load("x x", "@/etc/passwd")))',
    /^\/etc\/passwd:1: syntax error/,
  ],
  ['a chunk name of a million letters', 'load("error(1, 0)", "=" .. ("x"):rep(1e6))()', /raised an error: 1$/],
  ['the chunk name of the prelude', 'load("error(\'x\')", "=moonpool")()', /moonpool:1: x$/],
  ['load of a table that can be called', 'return load(setmetatable({}, { __call = print }))', /function expected/],
  [
    'load with a mode that compares as it likes',
    'return load("\\27Lua", "x", setmetatable({}, { __eq = function() return true end })) == nil',
    true,
  ],
  ['a library by a name put together', 'return _G["collect" .. "garbage"] == nil and _G["deb" .. "ug"] == nil', true],
  ['libraries behind the text metatable', 'return ("x").dump == nil and ("x").io == nil and ("x").load == nil', true],
  ['fields on text', '("x").y = 1', /attempt to index a string value/],
  ['the metatable of null', 'return getmetatable(null) == nil and not pcall(setmetatable, null, {})', true],
  ['indexing null', 'return null.x', /attempt to index a userdata value/],
  ['calling null', 'null()', /attempt to call a userdata value/],
  ['null as a table', 'return pcall(rawset, null, 1, 1) or pcall(next, null) or pcall(rawlen, null)', false],
  [
    'metatables of functions and threads',
    'return getmetatable(print) == nil and getmetatable(coroutine.running()) == nil',
    true,
  ],
  ['taking the mark off a list', 'return setmetatable(array{ 1 }, nil)', [1]],
  [
    'the list mark by __index',
    'local seen setmetatable(_G, { __index = function(_, k) seen = k end }) local _ = array{}[1] return seen == nil',
    true,
  ],
  [
    'prototypes of a state',
    'return state.constructor == nil and state.__proto__ == nil and state.toString == nil',
    true,
  ],
  [
    'prototypes of decoded JSON',
    'local v = json.decode(\'{"__proto__":{"x":1}}\') return v.x == nil and v.__proto__.x == 1',
    true,
  ],
  [
    'a result with __proto__',
    'return json.decode(\'{"__proto__":{"polluted":true}}\')',
    JSON.parse('{"__proto__":{"polluted":true}}') as JsonValue,
  ],
  ['a result with constructor and then', 'return { constructor = 1, ["then"] = 2 }', { constructor: 1, then: 2 }],
  ['a table that contains itself as result', 'local t = {} t.t = t return t', /contains itself/],
  ['a table that contains itself as JSON', 'local t = {} t.t = t return json.encode(t)', /contains itself/],
  [
    'a result that answers for itself',
    'return setmetatable({}, { __index = print, __pairs = print, __len = print })',
    {},
  ],
  ['text that is no UTF-8 as result', 'return "\\xff"', /not valid UTF-8/],
  ['text that is no UTF-8 in an error', 'error("\\xff\\0z", 0)', /raised an error: \ufffd\0z$/],
  ['integers that no double holds', 'return math.mininteger', /beyond ±2\^53/],
  [
    'a coroutine that resumes itself',
    'local co co = coroutine.wrap(function() co() end) co()',
    /non-suspended coroutine/,
  ],
  [
    'closing a coroutine whose __close raises',
    'local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() error("c", 0) end }) coroutine.yield() end) coroutine.resume(co) return select(2, coroutine.close(co))',
    'c',
  ],
  [
    'yielding across the sandbox’s own functions',
    'return select(2, coroutine.resume(coroutine.create(function() print(setmetatable({}, { __tostring = coroutine.yield })) end)))',
    /attempt to yield across a C-call boundary/,
  ],
  [
    'yielding out of a sort',
    'return select(2, coroutine.resume(coroutine.create(function() table.sort({ 3, 2, 1 }, coroutine.yield) end)))',
    /attempt to yield across a C-call boundary/,
  ],
  [
    'an order that is none',
    'table.sort({ 3, 1, 2, 5, 4, 7, 6, 9, 8, 0 }, function() return true end)',
    /invalid order function/,
  ],
  [
    'reading before a text',
    'return ("<i8"):unpack("x", math.mininteger)',
    /data string too short|initial position out of string/,
  ],
  ['reading behind a text', 'return utf8.codepoint("abc", 1, 1e9)', /out of bounds/],
  ['a key that is not there', 'return next(_G, "nothing")', /invalid key to 'next'/],
  [
    'formats beyond their buffer',
    'return ("%99.99f"):format(1e308):len() < 500 and not pcall(string.format, "%1000d", 1)',
    true,
  ],
  ['a pack beyond its width', 'return string.pack("i17", 1)', /out of limits \[1,16\]/],
  ['a zone name of a million letters', 'return time.parts(0, ("x"):rep(1e6))', /There is no time zone/],
  ['a zone that is a path', 'return time.parts(0, "../../etc/passwd")', /There is no time zone/],
  ['an instant beyond time', 'return time.parts(1e300)', /must be a number within/],
  ['an error object as large as memory', 'error({ big = ("x"):rep(3e6) })', /raised an error: table: 1$/],
  ['a constant given another value', 'local a <const> = 1 return load("a = 2 return a")() + a', 3],
];

/** Attempts to take time that only the end of a lane stops. */
export const TIME_DENIALS: readonly Denial[] = [
  ['a loop', 'while true do end', 'LUA_TIMEOUT'],
  ['a loop in pcall', 'while true do pcall(function() while true do end end) end', 'LUA_TIMEOUT'],
  ['a handler that never returns', 'xpcall(error, function() while true do end end)', 'LUA_TIMEOUT'],
  ['a loop in a coroutine', 'coroutine.wrap(function() while true do end end)()', 'LUA_TIMEOUT'],
  ['coroutines without end', 'while true do coroutine.wrap(function() coroutine.yield() end)() end', 'LUA_TIMEOUT'],
  [
    'a __close that never returns',
    'do local x <close> = setmetatable({}, { __close = function() while true do end end }) end',
    'LUA_TIMEOUT',
  ],
  [
    'a __tostring of the error',
    'error(setmetatable({}, { __tostring = function() while true do end end }))',
    'LUA_TIMEOUT',
  ],
  [
    'a chain of __index',
    'local t = setmetatable({}, { __index = function(t, k) return k end }) while true do local _ = t.x end',
    'LUA_TIMEOUT',
  ],
  ['a pattern that backtracks', 'return (("a"):rep(30000)):find((".-"):rep(20) .. "b")', 'LUA_TIMEOUT'],
  ['a pattern in gsub', 'return (("a"):rep(30000)):gsub((".-"):rep(20) .. "b", "")', 'LUA_TIMEOUT'],
  ['a pattern in gmatch', 'for _ in (("a"):rep(30000)):gmatch((".-"):rep(20) .. "b") do end', 'LUA_TIMEOUT'],
  ['a pattern of optional letters', 'return (("a"):rep(40)):match(("a?"):rep(40) .. ("a"):rep(41))', 'LUA_TIMEOUT'],
  ['balanced brackets that never close', 'return (("("):rep(1000000)):find("%b()")', 'LUA_TIMEOUT'],
  ['repeating nothing', 'return (""):rep(1 << 52)', 'LUA_TIMEOUT'],
  [
    'a concat of nothing',
    'return table.concat(setmetatable({}, { __index = function() return "" end }), "", 1, 1 << 52)',
    'LUA_TIMEOUT',
  ],
  [
    'an insert into a false length',
    'table.insert(setmetatable({}, { __len = function() return 1 << 52 end }), 1, nil)',
    'LUA_TIMEOUT',
  ],
  [
    'a remove from a false length',
    'table.remove(setmetatable({}, { __len = function() return 1 << 52 end }), 1)',
    'LUA_TIMEOUT',
  ],
  ['a move over a false range', 'table.move({}, 1, 1 << 52, 2)', 'LUA_TIMEOUT'],
  [
    'a sort of a false list',
    'table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function() return 1 end, __newindex = function() end }))',
    'LUA_TIMEOUT',
  ],
  ['an order that never answers', 'table.sort({ 3, 2, 1 }, function() while true do end end)', 'LUA_TIMEOUT'],
  [
    'ipairs over everything',
    'for _ in ipairs(setmetatable({}, { __index = function() return 1 end })) do end',
    'LUA_TIMEOUT',
  ],
  ['an iterator without end', 'for _ in function() return 1 end do end', 'LUA_TIMEOUT'],
  ['code that is all blanks', 'load(function() return (" "):rep(1000) end)', 'LUA_TIMEOUT'],
  ['loading without end', 'while true do load("return " .. ("1+"):rep(1000) .. "1")() end', 'LUA_TIMEOUT'],
  ['host functions without end', 'while true do json.decode(json.encode({ now(), tostring({}) })) end', 'LUA_TIMEOUT'],
  ['zones without end', 'while true do for i = -12, 14 do time.parts(i * 1e9, "Europe/Berlin") end end', 'LUA_TIMEOUT'],
  ['printing without end', 'while true do print(("x"):rep(1000)) end', 'LUA_TIMEOUT'],
];

/** Attempts to take memory or stack. The machine itself ends them. */
export const MEMORY_DENIALS: readonly Denial[] = [
  ['a text of a gigabyte', 'return ("x"):rep(1e9)', 'LUA_MEMORY'],
  ['a text with long separators', 'return ("x"):rep(1e4, ("y"):rep(1e4))', 'LUA_MEMORY'],
  ['a text that Lua cannot name', 'return ("x"):rep(1e10)', 'LUA_RAISED'],
  ['a text that doubles', 'local s = "x" while true do s = s .. s end', 'LUA_MEMORY'],
  ['refusals that are caught', 'while pcall(string.rep, "x", 1e9) do end return 1', 'LUA_MEMORY'],
  [
    'refusals in a coroutine',
    'coroutine.resume(coroutine.create(function() return ("x"):rep(1e9) end)) return 1',
    'LUA_MEMORY',
  ],
  ['a table without end', 'local t = {} for i = 1, 1e9 do t[i] = i end', 'LUA_MEMORY'],
  [
    'closures without end',
    'local t = {} while true do local x = {} t[#t + 1] = function() return x end end',
    'LUA_MEMORY',
  ],
  ['coroutines that are kept', 'local t = {} while true do t[#t + 1] = coroutine.create(print) end', 'LUA_MEMORY'],
  ['globals without end', 'local i = 0 while true do i = i + 1 _G["k" .. i] = i end', 'LUA_MEMORY'],
  ['metatables without end', 'local t = {} while true do t = setmetatable({}, { __index = t }) end', 'LUA_MEMORY'],
  [
    'a concat over a false list',
    'return #table.concat(setmetatable({}, { __index = function() return ("x"):rep(1e5) end, __len = function() return 1e6 end }))',
    'LUA_MEMORY',
  ],
  ['a gsub that swells', 'local s = ("x"):rep(1e4) return #s:gsub(".", s)', 'LUA_MEMORY'],
  ['a pack that pads', 'return string.pack("c2000000000", "")', 'LUA_MEMORY'],
  ['a name without end', 'return load(function() return "x" end)', 'LUA_MEMORY'],
  [
    'a text in loaded code without end',
    'local n = 0 return load(function() n = n + 1 return n == 1 and "return [[" or ("x"):rep(1e5) end)',
    'LUA_MEMORY',
  ],
  ['a date that swells', 'return os.date(("%c"):rep(500000)):rep(2)', 'LUA_MEMORY'],
  ['more results than a stack holds', 'return table.unpack({}, 1, 1e7)', 'LUA_RAISED'],
  ['recursion without end', 'local function f() return 1 + f() end return f()', 'LUA_STACK'],
  ['recursion in gsub', 'local function f(s) return (s:gsub(".", f)) end return f("x")', 'LUA_STACK'],
  ['coroutines in coroutines', 'local function f() return coroutine.wrap(f)() end return f()', 'LUA_STACK'],
  ['JSON deeper than values may be', 'return json.decode(("["):rep(1e5) .. ("]"):rep(1e5))', 'LUA_RAISED'],
];
