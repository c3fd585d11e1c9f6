/**
 * The Lua text that builds the sandbox, run once per image before any chunk of a flow.
 *
 * It keeps the originals it needs in locals, replaces or adds what `allow-list.ts` calls ours,
 * and then removes every name that is not listed. Flow code has no `debug`, so it cannot reach
 * these locals. Arguments: host functions, the allow list, the list mark, `null`,
 * `debug.getmetatable`.
 */

/** What the prelude's own lines are called in error messages. */
export const PRELUDE_NAME = 'moonpool';

/** See the head of the file. Returns the function that turns an error object into text. */
export const PRELUDE = `
local host, allowed, list, null, raw_getmetatable = ...
local type, select, next, pairs, rawget, rawequal, error, pcall =
  type, select, next, pairs, rawget, rawequal, error, pcall
local native_tostring, native_load = tostring, load
local native_setmetatable, native_getmetatable = setmetatable, getmetatable
local pack, unpack, concat = table.pack, table.unpack, table.concat
local native_format, find, gsub, sub = string.format, string.find, string.gsub, string.sub
local floor, math_type, huge = math.floor, math.type, math.huge
local native_randomseed = math.randomseed
local now = host.now

-- Values whose text would show an address are numbered in the order of asking.
local numbers, asked = native_setmetatable({}, { __mode = "k" }), 0
local has_address = { table = true, ["function"] = true, thread = true, userdata = true }

-- syntax: tostring(value)
function tostring(...)
  local value = ...
  local kind = type(value)
  if not has_address[kind] then return native_tostring(...) end
  if rawequal(value, null) then return "null" end
  local meta = raw_getmetatable(value)
  if meta ~= nil then
    if rawget(meta, "__tostring") ~= nil then return native_tostring(value) end
    local name = rawget(meta, "__name")
    if type(name) == "string" then kind = name end
  end
  local number = numbers[value]
  if number == nil then
    asked = asked + 1
    number = asked
    numbers[value] = number
  end
  return kind .. ": " .. number
end
local tostring = tostring

-- syntax: string.format(format, ...)
function string.format(...)
  local count = select("#", ...)
  local first, second, third = ...
  if type(first) == "string" and find(first, "p", 1, true)
    and find((gsub(first, "%%%%", "")), "%%[-+ #0]*%d*%.?%d*p") then
    error("bad argument #1 to 'format' (%p is not available: values have no addresses here)", 2)
  end
  if count <= 3 and not has_address[type(second)] and not has_address[type(third)] then
    return native_format(...)
  end
  local args = pack(...)
  for index = 2, count do
    if has_address[type(args[index])] then args[index] = tostring(args[index]) end
  end
  return native_format(unpack(args, 1, count))
end

-- syntax: setmetatable(table, metatable or nil)
function setmetatable(...)
  local _, meta = ...
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("setmetatable: __gc is not available", 2)
  end
  return native_setmetatable(...)
end

-- syntax: getmetatable(value)
function getmetatable(...)
  local meta = native_getmetatable(...)
  if rawequal(meta, list) then return nil end
  return meta
end
raw_getmetatable("").__metatable = false

-- syntax: load(text or function, name, mode, env)
function load(chunk, name, mode, ...)
  if mode == "b" then return nil, "attempt to load a binary chunk: only text can be loaded" end
  if select("#", ...) == 0 then return native_load(chunk, name, "t") end
  return native_load(chunk, name, "t", (...))
end
loadstring = load

-- syntax: print(...)
function print(...)
  local texts = pack(...)
  for index = 1, texts.n do
    texts[index] = tostring(texts[index])
  end
  host.log(concat(texts, "\\t", 1, texts.n))
end
-- syntax: array(table or nil): the same table, marked as a list
function array(values)
  if values == nil then values = {} end
  if type(values) ~= "table" then error("array: expected a table, got " .. type(values), 2) end
  local meta = raw_getmetatable(values)
  if meta ~= nil and not rawequal(meta, list) then error("array: the table already has a metatable", 2) end
  return native_setmetatable(values, list)
end

-- syntax: math.randomseed(a, b), numbers
function math.randomseed(a, b)
  if a == nil then return end
  local function whole(value)
    if math_type(value) == "float" and value == value and value ~= huge and value ~= -huge then
      return floor(value)
    end
    return value
  end
  if b == nil then native_randomseed(whole(a)) else native_randomseed(whole(a), whole(b)) end
end
function math.pow(a, b) return a ^ b end

_G.now = now
_G.null = null
_G.unpack = unpack
json = { encode = host.encode, decode = host.decode }
time = { parts = host.parts, from_parts = host.instant }

os = { time = host.os_time, date = host.os_date, clock = function() return now() / 1000 end }

for name, names in pairs(allowed) do
  local library = name == "_G" and _G or _G[name]
  local unlisted = {}
  for key in next, library do
    if not names[key] then unlisted[#unlisted + 1] = key end
  end
  for _, key in next, unlisted do library[key] = nil end
end

-- The text of an error object. Runs the object's own __tostring, so it is called protected.
local encode = host.encode
return function(object)
  if type(object) == "table" then
    local meta = raw_getmetatable(object)
    if meta == nil or rawget(meta, "__tostring") == nil then
      local ok, text = pcall(encode, object)
      if ok then return text end
    end
  end
  return tostring(object)
end
`;
