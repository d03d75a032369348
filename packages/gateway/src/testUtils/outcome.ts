/** What comes out: the value, or the words of the refusal. */
export function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}
