/* A small client of the Open Inference Protocol that shows everything: status, headers, bytes. */
import http from 'node:http';
import https from 'node:https';
import { gunzipSync, inflateSync } from 'node:zlib';

export function createClient({ url, headers: common = {} }) {
  const base = new URL(url);
  const { request } = base.protocol === 'https:' ? https : http;
  const agent = new (base.protocol === 'https:' ? https : http).Agent({
    keepAlive: true,
  });
  const prefix = base.pathname.replace(/\/+$/, '');

  /** Sends exactly what it is given; the path is not touched. */
  function send(method, path, { body, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent,
          protocol: base.protocol,
          hostname: base.hostname,
          port: base.port,
          method,
          path: prefix + path,
          headers: {
            ...common,
            ...(body !== undefined && { 'content-length': body.length }),
            ...headers,
          },
        },
        incoming => {
          const chunks = [];
          incoming.on('data', chunk => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            let bytes = Buffer.concat(chunks);
            const encoding = incoming.headers['content-encoding'];
            if (encoding === 'gzip') bytes = gunzipSync(bytes);
            if (encoding === 'deflate') bytes = inflateSync(bytes);
            const length = incoming.headers['inference-header-content-length'];
            const head = length === undefined ? bytes.length : Number(length);
            const text = bytes.toString('utf8', 0, head);
            let json;
            try {
              json = JSON.parse(text);
            } catch {
              json = undefined;
            }
            resolve({
              status: incoming.statusCode,
              headers: incoming.headers,
              text,
              json,
              blobs: bytes.subarray(head),
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  const get = path => send('GET', path);
  const post = (path, value, headers) =>
    send('POST', path, {
      body: Buffer.from(
        typeof value === 'string' ? value : JSON.stringify(value),
      ),
      headers: { 'content-type': 'application/json', ...headers },
    });
  /** JSON with blobs behind it. */
  const postBinary = (path, value, blobs, headers) => {
    const json = Buffer.from(JSON.stringify(value));
    return send('POST', path, {
      body: Buffer.concat([json, ...blobs]),
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(json.length),
        ...headers,
      },
    });
  };
  return { send, get, post, postBinary, close: () => agent.destroy() };
}
