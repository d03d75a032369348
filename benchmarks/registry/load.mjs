// The load: requests over kept connections, one after another on each, with what every one of them took.
import { Agent, request } from 'node:http';

/** One server as the cases see it. */
export function client({ url, token }) {
  const { hostname, port, pathname } = new URL(url);
  const prefix = pathname.replace(/\/+$/, '');
  const authorization = token ? { authorization: `Bearer ${token}` } : {};

  /** Sends one request; answers status, bytes, and the body where it is wanted. */
  function send(agent, { method = 'POST', path, body, keep = false }) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((done, reject) => {
      const sent = request(
        {
          agent,
          hostname,
          port,
          method,
          path: `${prefix}${path}`,
          headers: {
            ...authorization,
            ...(text !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(text),
            }),
          },
        },
        response => {
          let bytes = 0;
          const chunks = [];
          response.on('data', chunk => {
            bytes += chunk.length;
            if (keep || response.statusCode !== 200) chunks.push(chunk);
          });
          response.on('end', () =>
            done({
              status: response.statusCode,
              bytes,
              text: Buffer.concat(chunks).toString(),
            }),
          );
          response.on('error', reject);
        },
      );
      sent.setTimeout(120_000, () =>
        sent.destroy(new Error('no answer in 120 s')),
      );
      sent.on('error', reject);
      sent.end(text);
    });
  }

  return {
    /** One request whose answer matters. */
    async call(method, path, body) {
      const answer = await send(undefined, { method, path, body, keep: true });
      if (answer.status !== 200) {
        throw new Error(
          `${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`,
        );
      }
      return answer.text ? JSON.parse(answer.text) : {};
    },
    /** Opens `connections` and keeps all of them busy for `seconds`, or until `least` answers came. */
    async load({ connections, seconds, least = 6, next }) {
      const agent = new Agent({ keepAlive: true, maxSockets: connections });
      const taken = [];
      let bytes = 0;
      let errors = 0;
      let firstError;
      const once = async (worker, count, measured) => {
        const begin = performance.now();
        const answer = await send(agent, next(worker, count)).catch(error => ({
          status: 0,
          bytes: 0,
          text: error.message,
        }));
        if (!measured) return;
        if (answer.status === 200) {
          taken.push(performance.now() - begin);
          bytes += answer.bytes;
        } else {
          errors += 1;
          firstError ??= `${answer.status} ${answer.text.slice(0, 200)}`;
        }
      };
      const each = work =>
        Promise.all(
          Array.from({ length: connections }, (_, worker) => work(worker)),
        );
      await each(worker => once(worker, 0, false));
      const begin = performance.now();
      const end = begin + seconds * 1000;
      const latest = begin + seconds * 4000;
      await each(async worker => {
        for (let count = 1; ; count += 1) {
          const now = performance.now();
          if (now > latest || (now > end && taken.length + errors >= least))
            break;
          await once(worker, count, true);
        }
      });
      const elapsed = (performance.now() - begin) / 1000;
      agent.destroy();
      return {
        ...summary(taken),
        perSecond: taken.length / elapsed,
        bytes: taken.length ? bytes / taken.length : 0,
        errors,
        firstError,
      };
    },
  };
}

/** Median, tail and count of times in milliseconds. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = share =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return {
    count: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: sorted.at(-1),
  };
}
