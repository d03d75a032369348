/** The metrics that a filter or an order names, each once, in the order of their first naming. */
export function namedMetrics(text: string): string[] {
  const names = new Set<string>();
  const withoutValues = text.replace(/'(?:[^']|'')*'/g, "''");
  for (const [, quoted, double, bare] of withoutValues.matchAll(
    /\bmetrics?\.(?:`([^`]+)`|"([^"]+)"|([\p{L}\p{N}_][\p{L}\p{N}_./:-]*))/giu,
  )) {
    names.add(quoted ?? double ?? bare);
  }
  return [...names];
}
