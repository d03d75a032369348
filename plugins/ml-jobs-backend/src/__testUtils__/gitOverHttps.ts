import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A git host on this machine: git's own server behind TLS, with a certificate that nobody else trusts. */
export type GitHost = {
  /** `127.0.0.1:41233`, as the configuration names it. */
  host: string;
  /** Of a repository of the folder. */
  urlOf(name: string): string;
  /** What git trusts the host by: `GIT_SSL_CAINFO`. */
  certificate: string;
  /** The paths that were asked for. */
  asked: string[];
  /** Answers below a path with a redirect. */
  redirects: Map<string, string>;
  close(): Promise<void>;
};

export async function startGitHost(options: {
  /** Holds the repositories. */
  folder: string;
  /** For the key and the certificate. */
  keys: string;
}): Promise<GitHost> {
  const { folder, keys } = options;
  const key = join(keys, 'key.pem');
  const certificate = join(keys, 'certificate.pem');
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
      ],
      ...['-nodes', '-days', '1', '-subj', '/CN=127.0.0.1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const asked: string[] = [];
  const redirects = new Map<string, string>();
  const server: Server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
      const url = new URL(request.url ?? '/', 'https://127.0.0.1');
      asked.push(url.pathname);
      for (const [from, to] of redirects) {
        if (!url.pathname.startsWith(`${from}/`)) continue;
        const location = `${to}${url.pathname.slice(from.length)}${url.search}`;
        response.writeHead(301, { location }).end();
        return;
      }
      serve(folder, { url, request, response });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    urlOf: name => `https://${host}/${name}`,
    certificate,
    asked,
    redirects,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** CGI: the headers of the answer come first, then its body. */
function serve(
  folder: string,
  call: { url: URL; request: IncomingMessage; response: ServerResponse },
) {
  const { url, request, response } = call;
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (!head) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const lines = head.subarray(0, end).toString('latin1').split('\r\n');
    for (const line of lines) {
      const [name, value] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status')
        response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  child.stdout.on('end', () => response.end());
}
