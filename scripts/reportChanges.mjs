// What changed between two texts of a report, whatever the order of its lines.

/** Lines of a change that are shown. */
const SHOWN = 30;

/**
 * The lines that went and came, or undefined where none did. The compiler lists a union in the order in which it met the
 * members anywhere in the repository: a report's lines move when an unrelated package changes, and say the same.
 */
export function changeOf(before = '', after = '') {
  const lines = [
    ...without(before, after).map(line => `  - ${line}`),
    ...without(after, before).map(line => `  + ${line}`),
  ];
  if (!lines.length) return undefined;
  const more = lines.length - SHOWN;
  return [
    ...lines.slice(0, SHOWN),
    ...(more > 0 ? [`  … and ${more} more lines`] : []),
  ].join('\n');
}

/** The lines of one text that the other has not as often. */
function without(one, other) {
  const counts = new Map();
  for (const line of other.split('\n'))
    counts.set(line, (counts.get(line) ?? 0) + 1);
  return one.split('\n').filter(line => {
    const count = counts.get(line) ?? 0;
    counts.set(line, count - 1);
    return count <= 0;
  });
}
