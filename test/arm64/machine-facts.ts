/**
 * A program for two processors: prints what a Lua machine is and gives, which must be the same on both.
 *
 * Left out: the sign that the text of "not a number" has, which is the processor's (`-nan` on
 * x86-64, `nan` on aarch64).
 */
import { createHash } from 'node:crypto';
import { DEFAULT_LIMITS, host } from '../support/lua-machines.ts';

const CODES = [
  'count = (count or 0) + 1 return { count = count, drawn = math.random(), list = { 1, 2.5, "é" } }',
  `local texts = {}
   for exponent = -300, 300, 7 do
     local x = 1.2345678901234567 * 10.0 ^ exponent
     texts[#texts + 1] = ("%.17g %s %a %q"):format(x, x, x / 3, -x)
   end
   for _, name in ipairs({ "sin", "cos", "tan", "exp", "log", "sqrt", "atan" }) do
     for step = 1, 50 do texts[#texts + 1] = ("%.17g"):format(math[name](step * 0.37)) end
   end
   return { texts = texts }`,
  `local resume = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i) end end)
   resume()
   kept = resume
   local order = {}
   for key in pairs({ a = 1, b = 2, c = 3, [1.5] = 4, [true] = 5, last = 6 }) do order[#order + 1] = tostring(key) end
   return { order = order, big = 7 // -2 .. " " .. -7 % 3 .. " " .. (1 << 62) .. " " .. math.maxinteger + 1, shift = 1 >> 63 }`,
];

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const image = host.buildImage(
  CODES.map((code, index) => ({ name: `c${index}`, code, line: 1 })),
  { salt: 'salt' },
);
const machine = host.createMachine(DEFAULT_LIMITS);
machine.load(image);
machine.fresh({ seed: 'seed' });
const values = [0, 1, 2, 0].map(
  (chunk) => machine.call(chunk, { state: { text: 'é', number: 0.1 }, variables: {}, nowMs: 1 }).value,
);
const facts = { image: image.checksum, values, parked: hash(machine.park()) };
process.stdout.write(`${JSON.stringify(facts)}\n`);
