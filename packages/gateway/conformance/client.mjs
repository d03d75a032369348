/* A small client of the Open Inference Protocol that shows everything: status, headers, bytes. */
import http from 'node:http';
import https from 'node:https';
import { gunzipSync, inflateSync } from 'node:zlib';

/** The server closed the connection, sent what is no HTTP, or did not answer in time. */
export class NoAnswerError extends Error {}

/** How long one answer may take. */
const timeLimitMs = 30_000;

/**
 * @param options.onRequest - called with the path, the headers and the body of each request before it is sent
 */
export function createClient({
  url,
  headers: common = {},
  onRequest = () => {},
}) {
  const base = new URL(url);
  const { request } = base.protocol === 'https:' ? https : http;
  const agent = new (base.protocol === 'https:' ? https : http).Agent({
    keepAlive: true,
  });
  const prefix = base.pathname.replace(/\/+$/, '');

  /** Sends exactly what it is given; the path is not touched. */
  async function send(method, path, { body, headers = {} } = {}) {
    onRequest({ path, headers, body });
    try {
      return await sendOnce(method, path, { body, headers });
    } catch (error) {
      // A server may close a connection that it kept, in the moment in which the kit uses it again.
      if (error.code !== 'ECONNRESET' || !error.reused) throw error;
      return sendOnce(method, path, { body, headers });
    }
  }

  async function sendOnce(method, path, { body, headers }) {
    let outgoing;
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        outgoing = request(
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
              try {
                resolve(readAnswer(incoming, Buffer.concat(chunks)));
              } catch (error) {
                reject(error);
              }
            });
          },
        );
        timer = setTimeout(
          () =>
            outgoing.destroy(new Error(`nothing in ${timeLimitMs / 1000} s`)),
          timeLimitMs,
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    } catch (error) {
      // Nothing was sent: the kit asked for what is no request.
      if (!outgoing) throw error;
      const text = `no answer that can be read to ${method} ${path}: ${error.message}`;
      throw Object.assign(new NoAnswerError(text, { cause: error }), {
        code: error.code,
        reused: outgoing?.reusedSocket,
      });
    } finally {
      clearTimeout(timer);
    }
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

function readAnswer({ statusCode: status, headers }, sent) {
  const unpack = { gzip: gunzipSync, deflate: inflateSync }[
    headers['content-encoding']
  ];
  const bytes = unpack ? unpack(sent) : sent;
  const length = headers['inference-header-content-length'];
  const head = length === undefined ? bytes.length : Number(length);
  const text = bytes.toString('utf8', 0, head);
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, headers, text, json, blobs: bytes.subarray(head) };
}
