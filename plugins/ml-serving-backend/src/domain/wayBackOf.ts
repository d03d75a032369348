/** The version to keep loaded for a way back: the one that answered, never one that did not load. */
export function wayBackOf(facts: {
  /** The version that answers now, if any. */
  answering: number | undefined;
  /** The version that was kept so far. */
  kept: number | undefined;
  /** The version that is to answer next. */
  next: number | undefined;
}): number | undefined {
  const { answering, kept, next } = facts;
  if (answering !== undefined && answering !== next) return answering;
  // Nothing answers, or the next one does already: what came before is unknown unless it was kept.
  return kept === next ? undefined : kept;
}
