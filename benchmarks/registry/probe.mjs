// A thread that asks one address at a steady pace and reports how long the answers took.
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { summary } from './load.mjs';

const { url, token, seconds } = workerData;
const agent = new Agent({ keepAlive: true });
const once = () =>
  new Promise((done, reject) => {
    get(
      url,
      { agent, headers: { authorization: `Bearer ${token}` } },
      response => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200
            ? done()
            : reject(new Error(`${url} answered ${response.statusCode}`)),
        );
      },
    ).on('error', reject);
  });

await once();
const taken = [];
const waiting = [];
const end = performance.now() + seconds * 1000;
while (performance.now() < end) {
  const begin = performance.now();
  waiting.push(once().then(() => taken.push(performance.now() - begin)));
  await pause(20);
}
await Promise.all(waiting);
agent.destroy();
parentPort.postMessage(summary(taken));
