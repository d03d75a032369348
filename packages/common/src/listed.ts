/** Of one name: it comes from outside, and may be as long as a file. */
const longest = 200;

/**
 * Names for a sentence: at most a few of many, and how many more there are. A refusal that names all columns of a wide
 * table hides what is wrong.
 *
 * @example
 * ```ts
 * listed(['a', 'b', 'c'], { most: 2 }); // 'a, b and 1 more'
 * ```
 */
export function listed(
  names: readonly string[],
  options: { most?: number; separator?: string } = {},
): string {
  const { most = 5, separator = ', ' } = options;
  const shown = names.slice(0, most).map(shortened).join(separator);
  const more = names.length - most;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function shortened(name: string): string {
  return name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
}
