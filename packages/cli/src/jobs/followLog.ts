import type { CommandContext } from '../command';
import { patiently, type Waiting } from './patiently';

const pieceBytes = 250_000;

/**
 * Writes the log of a job from an offset on, each byte once. Where the portal is started again, it goes on after the last byte.
 *
 * @param follow - to the end of the job; else to what is written now
 */
export async function followLog(
  { jobs, output }: Pick<CommandContext, 'jobs' | 'output'>,
  options: Waiting & {
    id: string;
    worker?: string;
    offset: number;
    follow: boolean;
    everyMs: number;
  },
): Promise<void> {
  const { id, worker, follow } = options;
  let { offset } = options;
  const read = (from: number) =>
    jobs.getJobLog({
      params: { id },
      query: { offset: from, limit: pieceBytes, worker },
    });
  for (;;) {
    const from = offset;
    const piece = await (follow
      ? patiently(() => read(from), options)
      : read(from));
    if (piece.text) output.piece(piece.text);
    if (piece.end || (!follow && !piece.text)) return;
    if (!piece.text) await options.pause(options.everyMs);
    offset = piece.nextOffset;
  }
}

/** The last lines of a log, within its last 250 kB, and where the next ones begin. */
export async function lastLines(
  { jobs }: Pick<CommandContext, 'jobs'>,
  options: { id: string; worker?: string; lines: number },
): Promise<{ text: string; nextOffset: number }> {
  const { id, worker, lines } = options;
  const { text, nextOffset } = await jobs.getJobLog({
    params: { id },
    query: { offset: -pieceBytes, limit: pieceBytes, worker },
  });
  const all = text.split(/(?<=\n)/);
  return { text: lines ? all.slice(-lines).join('') : '', nextOffset };
}
