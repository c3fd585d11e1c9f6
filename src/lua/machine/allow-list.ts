/**
 * Every name Lua code can see, each group with the reason it may.
 *
 * The sandbox removes what is not listed here, so a name that a library gains later is absent
 * until somebody gives a reason. A test holds the tables of a fresh machine against this one.
 */

/** Names that may be seen, and why they can do no harm. */
export interface AllowedGroup {
  /** The table the names are in; `_G` for globals. */
  readonly table: string;
  readonly names: readonly string[];
  readonly why: string;
}

const CORE = 'assert error ipairs next pairs pcall xpcall select tonumber type rawequal rawget rawlen rawset';
const REPLACED = 'tostring setmetatable getmetatable load loadstring print';
const ADDED = 'null array json now time os unpack _G _VERSION';
const LIBRARIES = 'math string table utf8 coroutine';
const MATH =
  'abs ceil floor max min sqrt sin cos tan asin acos atan exp log fmod modf tointeger type ult deg rad pi huge ' +
  'maxinteger mininteger pow';

function group(table: string, names: string, why: string): AllowedGroup {
  return { table, names: names.split(' '), why };
}

/** The allow list. */
export const ALLOWED: readonly AllowedGroup[] = [
  group('_G', CORE, 'pure functions over values the code already holds'),
  group('_G', REPLACED, 'ours: no addresses, no finalisers, no bytecode, output into the bounded log'),
  group('_G', LIBRARIES, 'tables whose names are listed below'),
  group('_G', ADDED, 'ours, or plain values and aliases of what is listed here'),
  group('math', MATH, 'pure arithmetic'),
  group('math', 'random', 'its state is part of the machine and seeded from the run'),
  group('math', 'randomseed', 'ours: seeds from its arguments only, without them the seed of the run stays'),
  group(
    'string',
    'byte char find gmatch gsub len lower match pack packsize rep reverse sub unpack upper',
    'pure; memory is bounded by the machine, time by the lane',
  ),
  group('string', 'format', 'ours: as the original, but tables print as tostring gives them and %p is refused'),
  group('table', 'concat insert move pack remove sort unpack', 'pure; metamethods they call are the code’s own'),
  group('utf8', 'char charpattern codepoint codes len offset', 'pure functions over text'),
  group(
    'coroutine',
    'close create isyieldable resume running status wrap yield',
    'stay inside the machine; the lane’s deadline holds for them as for any code',
  ),
  group('json', 'encode decode', 'the value codec, bounded as state is'),
  group('time', 'parts from_parts', 'civil time from arguments alone'),
  group('os', 'time date clock', 'ours: made from now(), which the run gives'),
];
