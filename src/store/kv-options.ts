/**
 * How much the durable key-value store may hold.
 */
import { bytes, int, KIB, MIB, type Resolved } from '../core/index.ts';

/** What an operator may set about the key-value store. */
export const KV_OPTIONS = {
  maxNamespaceBytes: bytes({
    key: 'namespace_bytes',
    fallback: MIB,
    min: KIB,
    max: 16 * MIB,
    about: 'Largest file of one namespace; it is written whole at every change.',
  }),
  maxValueBytes: bytes({
    key: 'value_bytes',
    fallback: 256 * KIB,
    min: 16,
    max: 4 * MIB,
    about: 'Largest single value, as JSON.',
  }),
  maxNamespaceCount: int({
    key: 'namespaces',
    fallback: 64,
    min: 1,
    max: 1_000,
    about: 'Namespaces, that is files, at most.',
  }),
  maxMemoryBytes: bytes({
    key: 'memory',
    fallback: 8 * MIB,
    min: KIB,
    max: 64 * MIB,
    about: 'Namespaces kept in memory together; others are read again.',
  }),
} as const;

/** The complete limits of the key-value store. */
export type KvOptions = Resolved<typeof KV_OPTIONS>;
