/** Looks again and again until there is something to see; the test's own time limit ends it. */
export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
  }
}
