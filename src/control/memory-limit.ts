/**
 * How much memory this process may use: the smallest limit in force, and where it comes from.
 *
 * Reads the kernel's files through a port, so that it can be tried against any machine's. A
 * systemd `MemoryMax` is a cgroup limit and found as one.
 */

/** What the search needs of the machine. */
export interface MemorySources {
  /** The text of a file, or undefined when it cannot be read. */
  readText(path: string): Promise<string | undefined>;
  /** Installed memory in bytes. */
  readonly physicalBytes: number;
}

/** A limit and where it was found, in words for people. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly from: string;
}

/** The share of physical memory one process may plan with, where nothing else says. */
const PHYSICAL_SHARE = 0.7;

/** The paths of this process's cgroups: the unified one (v2), and that of the memory controller (v1). */
function cgroupPaths(text: string): { readonly unified?: string; readonly memory?: string } {
  const found: { unified?: string; memory?: string } = {};
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = '', path = '/'] = match;
    if (controllers === '') found.unified = path;
    else if (controllers.split(',').includes('memory')) found.memory = path;
  }
  return found;
}

/** A path and all above it: `/a/b` → `/a/b`, `/a`, and the root as empty text. */
function ancestors(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`).concat('');
}

/**
 * The smallest of every cgroup limit above this process (v2 and v1) and 70 % of physical memory.
 */
export async function detectMemoryLimit(sources: MemorySources): Promise<MemoryLimit> {
  const found: MemoryLimit[] = [
    { bytes: Math.floor(sources.physicalBytes * PHYSICAL_SHARE), from: '70 % of physical memory' },
  ];
  const consider = async (path: string, from: string): Promise<void> => {
    const text = (await sources.readText(path))?.trim();
    // "max" is no limit; v1 writes no limit as a number far above any machine's memory.
    if (text !== undefined && /^\d{1,19}$/.test(text)) found.push({ bytes: Number(text), from });
  };
  const { unified, memory } = cgroupPaths((await sources.readText('/proc/self/cgroup')) ?? '');
  // Inside a container the path may name the host's tree; the root of the mount is then the own group.
  for (const path of ancestors(unified ?? '')) await consider(`/sys/fs/cgroup${path}/memory.max`, 'cgroup v2');
  for (const path of ancestors(memory ?? '')) {
    await consider(`/sys/fs/cgroup/memory${path}/memory.limit_in_bytes`, 'cgroup v1');
  }
  return found.reduce((least, limit) => (limit.bytes < least.bytes ? limit : least));
}
