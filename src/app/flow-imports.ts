/**
 * The flows that flows import: finds their files, checks each once, and gives them to who named them.
 *
 * Flow authors are not trusted, so an imported file must really lie, links followed, inside the
 * project: the nearest folder upwards that holds `moonpool.yaml`, or else the folder that was
 * named on the command line. Invariant: what it gives is never circular.
 */
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { MoonpoolError } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import {
  type Diagnostic,
  findImports,
  type ImportedFlows,
  type ImportProblem,
  type ParsedFlow,
} from '../spec/index.ts';

/** Imports of imports. */
const MAX_DEPTH = 16;
/** Imported files in one go. */
const MAX_IMPORTED_FILES = 1_000;
/** Folders upwards that are looked at for the project's. */
const MAX_PARENTS = 32;
const PROJECT_FILE = 'moonpool.yaml';

/** How files become flows. */
export interface FlowReader {
  /** The text of a flow file. @throws CLI_FILE when it cannot be read */
  read(file: string): Promise<string>;
  /** Checks a text with what is behind its imports. */
  parse(file: string, text: string, imports: ImportedFlows): ParsedFlow;
}

/** A flow file whose imports are wanted. */
export interface Importer {
  /** As the user named it. */
  readonly file: string;
  /** The file and its overlays. */
  readonly texts: readonly string[];
  /** The folder or file of the command line through which it was found. */
  readonly named: string;
}

/** A file on the way down. */
interface Step extends Importer {
  readonly root: string;
  /** Really where, and as it is shown; the importer itself last. */
  readonly chain: readonly { readonly real: string; readonly shown: string }[];
}

/** Loads imports, each file once for all flows that name it. */
export class FlowImports {
  readonly #reader: FlowReader;
  readonly #known = new Map<string, Flow | ImportProblem>();
  readonly #diagnostics: Diagnostic[] = [];

  constructor(reader: FlowReader) {
    this.#reader = reader;
  }

  /** What was found in imported files, in the order they were checked. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /** What is behind each path that `importer` names. */
  async of(importer: Importer): Promise<ImportedFlows> {
    const paths = importer.texts.flatMap(findImports);
    // Most flows import nothing, and then the disk is left alone.
    if (paths.length === 0) return new Map();
    const real = await realpath(importer.file);
    const root = await findProject(importer.named);
    return this.#ofStep({ ...importer, root, chain: [{ real, shown: importer.file }] }, paths);
  }

  async #ofStep(step: Step, paths: readonly string[]): Promise<ImportedFlows> {
    const found = new Map<string, Flow | ImportProblem>();
    for (const path of paths) found.set(path, await this.#load(step, path));
    return found;
  }

  async #load(step: Step, path: string): Promise<Flow | ImportProblem> {
    const shown = join(dirname(step.file), path);
    const place = await findFile(shown, step.root);
    if ('problem' in place) return place;
    const { real } = place;
    const circle = step.chain.findIndex((link) => link.real === real);
    if (circle >= 0) {
      const names = [...step.chain.slice(circle), { shown }].map((link) => link.shown);
      return { problem: `The flows import each other in a circle: ${names.join(', then ')}.` };
    }
    const known = this.#known.get(real);
    if (known !== undefined) return known;
    if (step.chain.length > MAX_DEPTH) return { problem: `Imports go more than ${MAX_DEPTH} flows deep.` };
    if (this.#known.size >= MAX_IMPORTED_FILES)
      return { problem: `More than ${MAX_IMPORTED_FILES} flows are imported.` };
    const flow = await this.#check({ ...step, file: shown, chain: [...step.chain, { real, shown }] });
    this.#known.set(real, flow);
    return flow;
  }

  async #check(step: Step): Promise<Flow | ImportProblem> {
    try {
      const text = await this.#reader.read(step.file);
      const imports = await this.#ofStep(step, findImports(text));
      const { flow, diagnostics } = this.#reader.parse(step.file, text, imports);
      this.#diagnostics.push(...diagnostics);
      return flow ?? { problem: `The flow ${step.file} has errors of its own.`, hint: 'Mend that file.' };
    } catch (error) {
      if (!(error instanceof MoonpoolError) || error.code !== 'CLI_FILE') throw error;
      return { problem: error.message };
    }
  }
}

async function findFile(shown: string, root: string): Promise<{ readonly real: string } | ImportProblem> {
  try {
    const real = await realpath(shown);
    if (!isInside(real, root)) {
      const hint = `Flows are imported from the folder that holds ${PROJECT_FILE}, or else from the one that is named.`;
      return { problem: `The file ${shown} lies outside the project.`, hint };
    }
    // A device may go on for ever, and opening a pipe nobody writes to cannot be interrupted.
    return (await stat(real)).isFile() ? { real } : { problem: `${shown} is no file.` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { problem: `The file ${shown} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}.` };
  }
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** The project that holds what was named on the command line. */
async function findProject(named: string): Promise<string> {
  const real = await realpath(resolve(named));
  const own = (await stat(real)).isDirectory() ? real : dirname(real);
  let folder = own;
  for (let count = 0; count < MAX_PARENTS; count += 1) {
    const marker = await stat(join(folder, PROJECT_FILE)).catch(() => undefined);
    if (marker?.isFile() === true) return folder;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return own;
}
