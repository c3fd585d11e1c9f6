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
local floor, math_type, tointeger, huge = math.floor, math.type, math.tointeger, math.huge
local tonumber = tonumber
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
    local text = tostring(texts[index])
    if type(text) ~= "string" then error("'tostring' must return a string to 'print'", 2) end
    texts[index] = text
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

-- Civil dates in UTC by plain arithmetic; years count from March so that the leap day is last.
local function days_from(year, month, day)
  local carried = year + (month - 1) // 12
  month = (month - 1) % 12 + 1
  if month <= 2 then carried = carried - 1 end
  local era = carried // 400
  local of_era = carried - era * 400
  local of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function fields_of(seconds)
  local days, rest = seconds // 86400, seconds % 86400
  local shifted = days + 719468
  local era = shifted // 146097
  local of_era = shifted - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local shifted_month = (5 * of_year + 2) // 153
  local month = shifted_month + (shifted_month < 10 and 3 or -9)
  local full_year = year + era * 400 + (month <= 2 and 1 or 0)
  return {
    year = full_year, month = month, day = of_year - (153 * shifted_month + 2) // 5 + 1,
    hour = rest // 3600, min = rest % 3600 // 60, sec = rest % 60,
    wday = (days + 4) % 7 + 1, yday = days - days_from(full_year, 1, 1) + 1, isdst = false,
  }
end

local function whole_field(fields, name, fallback)
  local value = fields[name]
  if value == nil then value = fallback end
  if value == nil then error("field '" .. name .. "' missing in date table", 3) end
  local number = math_type(value) == "integer" and value or tointeger(tonumber(value))
  if number == nil then error("field '" .. name .. "' is not an integer", 3) end
  if number < -2^31 or number > 2^31 then error("field '" .. name .. "' is out of bounds", 3) end
  return number
end

local function os_time(fields)
  if fields == nil then return now() // 1000 end
  if type(fields) ~= "table" then error("bad argument #1 to 'time' (table expected, got " .. type(fields) .. ")", 2) end
  local days = days_from(whole_field(fields, "year"), whole_field(fields, "month"), whole_field(fields, "day"))
  return days * 86400 + whole_field(fields, "hour", 12) * 3600 + whole_field(fields, "min", 0) * 60
    + whole_field(fields, "sec", 0)
end

local day_names = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }
local month_names = {
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
}
local function iso_week(f)
  local weekday = (f.wday + 5) % 7
  local year, week = f.year, (f.yday - 1 - weekday + 10) // 7
  local function weeks_in(y)
    local first = (days_from(y, 1, 1) + 3) % 7
    local is_leap = y % 4 == 0 and (y % 100 ~= 0 or y % 400 == 0)
    return (first == 3 or (first == 2 and is_leap)) and 53 or 52
  end
  if week < 1 then return year - 1, weeks_in(year - 1) end
  if week > weeks_in(year) then return year + 1, 1 end
  return year, week
end
local function two(n) return native_format("%02d", n) end
local directives
directives = {
  a = function(f) return sub(day_names[f.wday], 1, 3) end,
  A = function(f) return day_names[f.wday] end,
  b = function(f) return sub(month_names[f.month], 1, 3) end,
  B = function(f) return month_names[f.month] end,
  c = function(f)
    return native_format("%s %s %2d %02d:%02d:%02d %d", sub(day_names[f.wday], 1, 3),
      sub(month_names[f.month], 1, 3), f.day, f.hour, f.min, f.sec, f.year)
  end,
  C = function(f) return two(f.year // 100) end,
  d = function(f) return two(f.day) end,
  D = function(f) return two(f.month) .. "/" .. two(f.day) .. "/" .. two(f.year % 100) end,
  e = function(f) return native_format("%2d", f.day) end,
  F = function(f) return native_format("%d-%02d-%02d", f.year, f.month, f.day) end,
  g = function(f) return two((iso_week(f)) % 100) end,
  G = function(f) return native_format("%d", (iso_week(f))) end,
  H = function(f) return two(f.hour) end,
  I = function(f) return two((f.hour + 11) % 12 + 1) end,
  j = function(f) return native_format("%03d", f.yday) end,
  m = function(f) return two(f.month) end,
  M = function(f) return two(f.min) end,
  n = function() return "\\n" end,
  p = function(f) return f.hour < 12 and "AM" or "PM" end,
  r = function(f)
    return two((f.hour + 11) % 12 + 1) .. ":" .. two(f.min) .. ":" .. two(f.sec) .. (f.hour < 12 and " AM" or " PM")
  end,
  R = function(f) return two(f.hour) .. ":" .. two(f.min) end,
  S = function(f) return two(f.sec) end,
  t = function() return "\\t" end,
  T = function(f) return two(f.hour) .. ":" .. two(f.min) .. ":" .. two(f.sec) end,
  u = function(f) return native_format("%d", (f.wday + 5) % 7 + 1) end,
  U = function(f) return two((f.yday + 6 - (f.wday - 1)) // 7) end,
  V = function(f) local _, week = iso_week(f) return two(week) end,
  w = function(f) return native_format("%d", f.wday - 1) end,
  W = function(f) return two((f.yday + 6 - (f.wday + 5) % 7) // 7) end,
  x = function(f) return directives.D(f) end,
  X = function(f) return directives.T(f) end,
  y = function(f) return two(f.year % 100) end,
  Y = function(f) return native_format("%d", f.year) end,
  z = function() return "+0000" end,
  Z = function() return "UTC" end,
  ["%"] = function() return "%" end,
}

local function os_date(format, seconds)
  if format == nil then format = "%c" end
  if type(format) ~= "string" then error("bad argument #1 to 'date' (string expected, got " .. type(format) .. ")", 2) end
  if seconds == nil then seconds = now() // 1000 end
  local whole = tointeger(tonumber(seconds))
  if whole == nil then error("bad argument #2 to 'date' (number has no integer representation)", 2) end
  if whole < -2^47 or whole > 2^47 then error("bad argument #2 to 'date' (time out of bounds)", 2) end
  local fields = fields_of(whole)
  if sub(format, 1, 1) == "!" then format = sub(format, 2) end
  if sub(format, 1, 2) == "*t" then return fields end
  return (gsub(format, "%%([EO]?)(.?)", function(_, letter)
    local directive = directives[letter]
    if directive == nil then
      error("bad argument #1 to 'date' (invalid conversion specifier '%" .. letter .. "')", 4)
    end
    return directive(fields)
  end))
end
os = { time = os_time, date = os_date, clock = function() return now() / 1000 end }

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
