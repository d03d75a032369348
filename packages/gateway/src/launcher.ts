import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { FromLauncher, ToLauncher } from './processes/Launcher';

/*
 * Starts the processes of models, so that the gateway does not. A system copies the memory tables of the process that
 * starts another. For the gateway that took 3 to 25 ms, in which nobody was answered. Each page of memory was slow to
 * write for a while after it. This process is small, and nobody waits for it.
 *
 * It ends with the gateway, and takes the models with it: one inside native code does not notice by itself.
 */

const children = new Map<number, ChildProcess>();

const send = (message: FromLauncher, socket?: Socket) =>
  process.connected && process.send?.(message, socket);

function start({ id, args, env }: ToLauncher & { type: 'start' }) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env,
    // A session of its own: where the kernel shares the processors out by session, models get equal parts.
    detached: true,
  });
  children.set(id, child);
  const end = (reason: string) => {
    if (children.delete(id)) send({ type: 'ended', id, reason });
  };
  child.on('error', error => end(error.message));
  child.on('exit', (code, signal) =>
    end(signal === null ? `code ${code}` : `signal ${signal}`),
  );
  if (child.pid === undefined) return;
  offerToOutOfMemory(child.pid);
  send({ type: 'started', id, pid: child.pid }, child.stdio[3] as Socket);
  // Sent once our end is closed, and no byte of the model's can be read here.
  send({ type: 'handed', id });
}

/** When the machine runs out of memory, the kernel shall end a model and not the gateway. Linux only. */
function offerToOutOfMemory(pid: number) {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500');
  } catch {
    // Another system, or already gone.
  }
}

process.on('message', (message: ToLauncher) => {
  if (message.type === 'kill') {
    children.get(message.id)?.kill('SIGKILL');
    return;
  }
  try {
    start(message);
  } catch (error) {
    // Too little memory is thrown, and is no reason to lose all other models.
    send({ type: 'ended', id: message.id, reason: String(error) });
  }
});
process.on('disconnect', () => {
  for (const child of children.values()) child.kill('SIGKILL');
  process.exit(0);
});
// Ctrl-C goes to all of a terminal; the gateway still answers what it has begun.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {});
}
