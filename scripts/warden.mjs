// Watches over a command that works in a folder: when it is gone, whatever ended it, what it left running there is killed
// and the folder goes. Started by processes.mjs; the end of the input is the end of the command.
import { endThoseIn, remove } from './processes.mjs';

const [folder] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {});
process.stdin.resume();
process.stdin.once('end', async () => {
  await endThoseIn(folder);
  await remove(folder);
});
