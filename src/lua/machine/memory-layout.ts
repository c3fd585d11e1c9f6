/**
 * Where things lie in the memory of the Lua module. Valid for the one file `lua-module.ts` admits.
 *
 * From the bottom: static data, the C stack (1 MiB, used downwards), the heap up to the break.
 */

/** Bytes in a WASM page. */
export const PAGE_BYTES = 65_536;
/** Static data, read-only tables and variables alike, fill [0, this). */
export const STATIC_END = 35_136;
/** Constants and tables of C fill [0, this); nothing writes there, so parking need not look. */
export const READ_ONLY_END = 30_976;
/** The C stack lies in [STATIC_END, this) and is used downwards; the heap begins here. */
export const HEAP_START = 1_083_712;
/** Address of the allocator's break: the first byte of memory never handed out yet. */
export const BREAK_ADDRESS = 31_452;

/** Offset of `top`, the first free stack slot, in a Lua thread. */
export const THREAD_TOP = 12;

/** Bytes of a stack slot: 8 of value, then the tag. */
export const SLOT_BYTES = 16;
/** Offset of the tag in a slot. */
export const SLOT_TAG = 8;

/** Tags of slots: type in bits 0–3, variant in 4–5, bit 6 set for what the collector owns. */
export const TAG = {
  nil: 0x00,
  false: 0x01,
  true: 0x11,
  lightUserdata: 0x02,
  integer: 0x03,
  float: 0x13,
  shortString: 0x44,
  longString: 0x54,
  table: 0x45,
} as const;

/** Offset of a short string's length (one byte). */
export const STRING_SHORT_LENGTH = 7;
/** Offset of a long string's length (four bytes). */
export const STRING_LONG_LENGTH = 12;
/** Offset of a string's bytes. */
export const STRING_BYTES = 16;

/** Offsets in the record that describes an active function (`lua_Debug`), and its size. */
export const ACTIVATION = { what: 12, source: 16, sourceLength: 20, currentLine: 24, bytes: 128 } as const;
