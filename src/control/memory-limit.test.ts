/** Which memory limit is found on machines of several kinds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectMemoryLimit } from './memory-limit.ts';
import { PROFILE_NAMES, PROFILES, selectProfile } from './profile.ts';

const GB = 1_000_000_000;
const detect = (files: Record<string, string>, physicalBytes = 10 * GB) =>
  detectMemoryLimit({ readText: async (path) => files[path], physicalBytes });

describe('detectMemoryLimit', () => {
  it('is 70 % of physical memory where no cgroup says less', async () => {
    assert.deepEqual(await detect({}), { bytes: 7 * GB, from: '70 % of physical memory' });
    const unlimited = { '/proc/self/cgroup': '0::/user\n', '/sys/fs/cgroup/user/memory.max': 'max\n' };
    assert.equal((await detect(unlimited)).bytes, 7 * GB);
  });

  it('is the smallest limit of the own cgroup and all above it', async () => {
    const files = {
      '/proc/self/cgroup': '0::/system.slice/moonpool.service\n',
      '/sys/fs/cgroup/system.slice/moonpool.service/memory.max': '900000000\n',
      '/sys/fs/cgroup/system.slice/memory.max': '400000000\n',
    };

    assert.deepEqual(await detect(files), { bytes: 400_000_000, from: 'cgroup v2' });
  });

  it('reads the root of the mount, as it is seen inside a container', async () => {
    const files = { '/proc/self/cgroup': '0::/../../host/path\n', '/sys/fs/cgroup/memory.max': '268435456' };

    assert.equal((await detect(files)).bytes, 268_435_456);
  });

  it('reads the memory controller of version 1, where no limit is a huge number', async () => {
    const files = {
      '/proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/docker/abc\n1:name=systemd:/x\n',
      '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '536870912\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    };

    assert.deepEqual(await detect(files), { bytes: 536_870_912, from: 'cgroup v1' });
  });

  it('is not misled by files that hold something else', async () => {
    const files = { '/proc/self/cgroup': 'nonsense\n0:\n', '/sys/fs/cgroup/memory.max': '-1' };

    assert.equal((await detect(files)).bytes, 7 * GB);
  });
});

describe('selectProfile', () => {
  it('takes the small profile below 1 GB by itself', () => {
    assert.equal(selectProfile('auto', GB - 1)?.name, 'pi-zero-2w');
    assert.equal(selectProfile('auto', GB)?.name, 'default');
  });

  it('knows every profile by its name and no other', () => {
    for (const name of Object.keys(PROFILES)) assert.equal(selectProfile(name, GB)?.name, name);
    assert.equal(selectProfile('constructor', GB), undefined);
    assert.deepEqual(PROFILE_NAMES, ['auto', 'default', 'pi-zero-2w', 'phase-2a']);
  });
});
