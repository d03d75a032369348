/**
 * The outcome of some work, unless the signal comes first; the work itself goes on then.
 *
 * @throws the reason of the signal
 *
 * @example
 * ```ts
 * await unlessAborted(engine.observe(names), AbortSignal.timeout(5_000));
 * ```
 */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(signal.reason);
    if (signal.aborted) refuse();
    signal.addEventListener('abort', refuse, { once: true });
    work
      .finally(() => signal.removeEventListener('abort', refuse))
      .then(resolve, reject);
  });
}
