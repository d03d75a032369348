/** No word of the format is longer; what is longer resembles none. */
const longest = 64;

/**
 * The candidate that somebody meant who wrote `word`: it differs in case, `-` and `_`, or in one letter of three, and in two of
 * them at most.
 */
export function closest(
  word: string,
  candidates: readonly string[],
): string | undefined {
  if (word.length > longest) return undefined;
  const plain = plainOf(word);
  const same = candidates.find(candidate => plainOf(candidate) === plain);
  if (same !== undefined) return same;
  const [best] = candidates
    .map(candidate => ({
      candidate,
      distance: distanceOf(plain, plainOf(candidate)),
      begin: beginOf(plain, plainOf(candidate)),
    }))
    .filter(
      ({ candidate, distance }) =>
        distance <= 2 &&
        distance * 3 <= Math.max(word.length, candidate.length),
    )
    .sort(
      (one, other) => one.distance - other.distance || other.begin - one.begin,
    );
  return best?.candidate;
}

function plainOf(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, '');
}

/** How many letters they have in common at the begin: of `cpu` and `gpus`, the first one is meant by `cpus`. */
function beginOf(one: string, other: string): number {
  const at = [...one].findIndex((letter, index) => letter !== other[index]);
  return at < 0 ? one.length : at;
}

/** How many letters were left out, added, changed or exchanged with their neighbour. */
function distanceOf(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1;
      row.push(
        Math.min(
          rows[i - 1][j] + 1,
          row[j - 1] + 1,
          rows[i - 1][j - 1] + change,
        ),
      );
      const exchanged =
        i > 1 &&
        j > 1 &&
        one[i - 1] === other[j - 2] &&
        one[i - 2] === other[j - 1];
      if (exchanged) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[one.length][other.length];
}
