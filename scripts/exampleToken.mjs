// An access token of Ann's for the example portal: the endpoints answer nobody without one, in development too.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const person = 'user:default/ann';
const scopes = ['read', 'track', 'register', 'train', 'predict'];

/**
 * The token of this data directory, made when there is none that still works; `undefined` where the example people
 * are not there (another sign-in, another catalog). It lies in a file that only this user may read.
 */
export async function exampleToken({ url, dataDir, patience = 60_000 }) {
  const file = join(dataDir, 'example-token');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept && (await works(url, kept))) return kept;
  const session = await signIn(url, Date.now() + patience);
  if (!session) return undefined;
  const response = await fetch(`${url}/api/ml-tokens/v1/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${session}`,
      'content-type': 'application/json',
    },
    // A name of its own each time: one that was lost cannot be shown again, and may be in use.
    body: JSON.stringify({
      name: `example-${Date.now().toString(36)}`,
      scopes,
    }),
  });
  if (!response.ok) return undefined;
  const { secret } = await response.json();
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** What the start command prints once there is a token. */
export async function printExampleToken({ url, baseUrl, dataDir }) {
  const token = await exampleToken({ url, dataDir }).catch(() => undefined);
  if (!token) return;
  process.stdout
    .write(`  Commands of the pages and guides, as Ann (${scopes.join(
    ', ',
  )}; kept in ${join(dataDir, 'example-token')}):
    export DOWNSTAGE_URL=${baseUrl} DOWNSTAGE_TOKEN=${token}

`);
}

async function works(url, token) {
  const response = await fetch(`${url}/api/ml-tokens/v1/token`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return response.ok;
}

/** People are read from a file a moment after the start. */
async function signIn(url, end) {
  for (;;) {
    const response = await fetch(`${url}/api/auth/example/refresh`, {
      headers: { 'x-example-person': person },
    });
    if (response.ok) return (await response.json()).backstageIdentity.token;
    if (Date.now() > end) return undefined;
    await pause(500);
  }
}
