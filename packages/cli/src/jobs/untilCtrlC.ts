/**
 * Runs something that Ctrl-C ends without ending the process. A second Ctrl-C ends that too.
 *
 * @returns undefined after Ctrl-C
 */
export async function untilCtrlC<T>(
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop);
  try {
    return await run(stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) return undefined;
    throw error;
  } finally {
    process.off('SIGINT', stop);
  }
}
