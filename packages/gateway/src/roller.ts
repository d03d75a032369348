import { rollFile } from './log/rollFile';
import type { RollMessage, RollResult } from './log/Roller';

/* The process that makes Parquet of the prediction log. It ends when the gateway does. */

let work: Promise<void> = Promise.resolve();

process.on('message', (message: RollMessage) => {
  work = work.then(async () => {
    const result: RollResult = { id: message.id };
    try {
      await rollFile(message);
    } catch (error) {
      result.error = String((error as Error).message ?? error);
    }
    process.send?.(result);
  });
});
process.on('disconnect', () => work.then(() => process.exit(0)));
