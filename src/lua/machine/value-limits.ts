/**
 * How much may cross between JSON and Lua at once, and how a place inside a value is named.
 */
import { formatSize } from '../../core/index.ts';
import { cutText, ValueProblem } from './failure.ts';

/** Deepest nesting: a list in an object is depth 2. */
const MAX_DEPTH = 100;
/** Most values in one crossing: every list, object and leaf counts. */
const MAX_NODES = 1_000_000;

/** Counted for a number, beside its key or place; texts count their UTF-8 bytes, everything 2 more. */
const NUMBER_BYTES = 8;
const FRAME_BYTES = 2;
const MAX_PATH_LENGTH = 400;

/** Counts one crossing. The size is close to that of the value's JSON text. */
export class Budget {
  #nodesLeft = 0;
  #bytesLeft = 0;
  #maxBytes = 0;

  /** Begins a new crossing of at most `maxBytes`. */
  reset(maxBytes: number): void {
    this.#nodesLeft = MAX_NODES;
    this.#maxBytes = maxBytes;
    this.#bytesLeft = maxBytes;
  }

  /** Takes one value of `bytes` bytes. */
  takeNode(bytes: number): void {
    this.#nodesLeft -= 1;
    this.#bytesLeft -= bytes + FRAME_BYTES;
    if (this.#bytesLeft < 0 || this.#nodesLeft < 0) this.#refuse();
  }

  /** Takes one number. */
  takeNumber(): void {
    this.takeNode(NUMBER_BYTES);
  }

  /** Takes the bytes of a key; its value is taken on its own. */
  takeKey(bytes: number): void {
    this.#bytesLeft -= bytes + FRAME_BYTES;
    if (this.#bytesLeft < 0) this.#refuse();
  }

  #refuse(): never {
    if (this.#nodesLeft < 0) throw new ValueProblem(`is one value more than the ${MAX_NODES} that may cross at once`);
    throw new ValueProblem(`makes the whole larger than the limit of ${formatSize(this.#maxBytes)}`);
  }
}

/** Throws unless `depth` may be. */
export function requireDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new ValueProblem(`is nested deeper than ${MAX_DEPTH} levels`);
}

/** `problem` on its way outwards past `step`; other errors as they are. */
export function withStep(problem: unknown, step: string | number): unknown {
  if (problem instanceof ValueProblem) problem.steps.unshift(step);
  return problem;
}

/** The problem as a sentence that begins with the place of the value. */
export function placeProblem(root: string, problem: ValueProblem): ValueProblem {
  return new ValueProblem(`${cutText(formatPath(root, problem.steps), MAX_PATH_LENGTH)} ${problem.message}`);
}

/** The place of a value as it would be written in code: `state.items[2]["a key"]`. */
function formatPath(root: string, path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_]\w{0,99}$/.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 100))}]`;
  });
  return root + steps.join('');
}
