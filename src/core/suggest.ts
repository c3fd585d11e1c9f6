/**
 * "Did you mean …?": the nearest known word to a mistyped one.
 */

/** Edit distance with neighbouring swaps (optimal string alignment); above `limit` any larger number. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  const width = right.length + 1;
  // Row by row: cell (row, column) is the distance between the first `row` and the first `column` letters.
  const cells = new Uint8Array((left.length + 1) * width);
  const cell = (row: number, column: number): number => cells[row * width + column] as number;
  for (let column = 0; column < width; column += 1) cells[column] = column;
  for (let row = 1; row <= left.length; row += 1) {
    cells[row * width] = row;
    for (let column = 1; column < width; column += 1) {
      const replace = cell(row - 1, column - 1) + (left[row - 1] === right[column - 1] ? 0 : 1);
      let best = Math.min(cell(row - 1, column) + 1, cell(row, column - 1) + 1, replace);
      const isSwap = row > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) best = Math.min(best, cell(row - 2, column - 2) + 1);
      cells[row * width + column] = best;
    }
  }
  return cell(left.length, right.length);
}

/**
 * The word of `known` nearest to `word`, or undefined when none is near.
 *
 * Near means at most a third of the letters (at least one, at most three) differ, and not all of
 * them. Words longer than 64 characters are never near.
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let best: string | undefined;
  let bestDistance = Math.min(limit + 1, word.length);
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
