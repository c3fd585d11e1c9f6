/**
 * What a benchmark group is: a question, its rows and its bars.
 */

/** One measured figure of one contestant, over several samples. */
export interface Row {
  readonly contestant: string;
  readonly metric: string;
  readonly unit: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** A promise held against the rows; a miss is published, never an error. */
export interface Bar {
  readonly id: string;
  readonly claim: string;
  readonly value: number;
  readonly limit: number;
  readonly met: boolean;
}

/** What a group found. */
export interface GroupResult {
  readonly name: string;
  readonly question: string;
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
}

/** One file answers one question. */
export interface Group {
  readonly name: string;
  readonly question: string;
  run(talk: (line: string) => void): Promise<Pick<GroupResult, 'rows' | 'bars'>>;
}

/** The row of several samples. */
export function toRow(contestant: string, metric: string, unit: string, samples: readonly number[]): Row {
  const sorted = samples.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { contestant, metric, unit, median: at(0.5), low: at(0), high: at(1) };
}

/** A bar that holds when `value` is at most `limit`. */
export function atMost(id: string, claim: string, value: number, limit: number): Bar {
  return { id, claim, value, limit, met: value <= limit };
}

/** The median of a contestant's metric. */
export function medianOf(rows: readonly Row[], contestant: string, metric: string): number {
  const row = rows.find((candidate) => candidate.contestant === contestant && candidate.metric === metric);
  if (row === undefined) throw new Error(`No row ${metric} of ${contestant}.`);
  return row.median;
}

/** The contestants in order, reversed every other round, so that drift of the machine hits all alike. */
export function roundOrder<T>(contestants: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? contestants : contestants.toReversed();
}

/** Every contestant's turn of every round, each round in {@link roundOrder}. */
export function* turnsOf<T>(contestants: readonly T[], rounds: number): Generator<readonly [round: number, turn: T]> {
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of roundOrder(contestants, round)) yield [round, contestant];
  }
}
