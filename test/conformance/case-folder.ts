/**
 * Cases on disk: each in a folder of its own, with its files and the configuration that counts for it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, loadFlows } from '../../src/app/index.ts';
import type { JsonObject } from '../../src/core/index.ts';
import type { NamedCase } from './case-file.ts';

const ACTIONS = fileURLToPath(new URL('actions/case-actions.ts', import.meta.url));
/** The value of the secret `word`, which no door may tell. */
export const SECRET = 'not for flows';
/** Flows may read the first as `env.CASE_WORD`. */
const ENVIRONMENT = { CASE_WORD: 'tide', CASE_HIDDEN: SECRET };

/** The folder of all cases of a suite. */
export class CaseFolder implements AsyncDisposable {
  readonly root: string;
  /** Configuration for all cases together, for the door that serves them all. */
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string>> = ENVIRONMENT;

  private constructor(root: string) {
    this.root = root;
    this.configFile = join(root, 'moonpool.yaml');
  }

  /**
   * Writes the cases.
   *
   * @param hostUrl replaces `$HOST` in flows and files
   */
  static async write(cases: readonly NamedCase[], hostUrl: string): Promise<CaseFolder> {
    const folder = new CaseFolder(await mkdtemp(join(tmpdir(), 'moonpool-cases-')));
    const sites: [string, JsonObject][] = [];
    for (const one of cases) {
      const directory = dirname(folder.fileOf(one));
      const site: [string, JsonObject][] = one.site === undefined ? [] : [[one.id, one.site]];
      if (one.problems === undefined) sites.push(...site);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'moonpool.yaml'), configText(site));
      await writeFile(folder.fileOf(one), one.flow.replaceAll('$HOST', hostUrl));
      for (const [name, text] of Object.entries(one.files ?? {})) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await writeFile(join(directory, name), text.replaceAll('$HOST', hostUrl));
      }
    }
    await writeFile(folder.configFile, configText(sites));
    return folder;
  }

  /** The file of a case's flow; its name is the flow's unless the flow says another. */
  fileOf({ id }: NamedCase): string {
    return join(this.root, id, `${id}.yaml`);
  }

  /** Those of `cases` whose flows have no errors: one that has fails alone, not everything with it. */
  async loadable(cases: readonly NamedCase[]): Promise<readonly NamedCase[]> {
    const config = await loadConfig({ configFile: this.configFile, environment: this.environment });
    const taken: NamedCase[] = [];
    for (const one of cases) {
      const { flows } = await loadFlows([this.fileOf(one)], { overlays: this.overlaysOf(one), config });
      if (flows.length > 0) taken.push(one);
    }
    return taken;
  }

  /** The files that are put over a case's flow. */
  overlaysOf(one: NamedCase): readonly string[] {
    return (one.overlays ?? []).map((name) => join(dirname(this.fileOf(one)), name));
  }

  /** `text` without the folder, which differs from run to run. */
  withoutFolder(text: string): string {
    return text.replaceAll(`${this.root}${sep}`, '');
  }

  /** The id of the case a path below the folder belongs to. */
  caseIdOf(path: string): string {
    return basename(dirname(path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** JSON is YAML. */
function configText(sites: readonly (readonly [string, JsonObject])[]): string {
  return JSON.stringify({
    actions: { modules: [ACTIONS] },
    env: { allow: ['CASE_WORD'] },
    // Ten thousand results are more than the default holds.
    limits: { state_bytes: '8MiB' },
    server: { token: 'token-of-the-cases' },
    log: { level: 'error' },
    secrets: { word: { env: 'CASE_HIDDEN' } },
    flows: Object.fromEntries(sites.map(([name, variables]) => [name, { variables }])),
  });
}
