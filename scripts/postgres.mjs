// A PostgreSQL for one test run: its own folder, its own free port, gone afterwards.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { startProcess } from './processes.mjs';
import { run, step } from './shell.mjs';

/**
 * Starts it; answers the environment by which the tests find it, its address, and how to stop it. A folder that has
 * been used keeps what was in it. `settings` are PostgreSQL's own; for tests, nothing has to survive a power cut.
 */
export async function startPostgres(
  folder,
  { settings = ['fsync=off', 'max_connections=200'] } = {},
) {
  const end = step('Starting PostgreSQL');
  const [version] = (await readdir('/usr/lib/postgresql')).filter(name =>
    existsSync(`/usr/lib/postgresql/${name}/bin/initdb`),
  );
  const bin = `/usr/lib/postgresql/${version}/bin`;
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  // PostgreSQL refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  const as = (command, args) =>
    asRoot
      ? ['runuser', ['-u', 'postgres', '--', command, ...args]]
      : [command, args];
  if (asRoot) {
    await run('chown', ['-R', 'postgres', folder], { quiet: true });
    await chmod(`${folder}/..`, 0o755);
  }
  if (!existsSync(`${folder}/data/PG_VERSION`)) {
    await run(
      ...as(`${bin}/initdb`, [
        '-D',
        `${folder}/data`,
        '-U',
        'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--no-sync',
      ]),
      {
        quiet: true,
        cwd: '/',
      },
    );
  }
  const child = startProcess(
    ...as(`${bin}/postgres`, [
      ...[
        '-D',
        `${folder}/data`,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
      ],
      ...['-c', `unix_socket_directories=${folder}`],
      ...settings.flatMap(setting => ['-c', setting]),
    ]),
    // At once: nobody waits for what its clients still want.
    { stdio: 'ignore', cwd: '/', endSignal: 'SIGQUIT' },
  );
  let gone = false;
  child.once('exit', () => {
    gone = true;
  });
  for (;;) {
    const ready = await run(
      `${bin}/pg_isready`,
      ['-h', '127.0.0.1', '-p', String(port)],
      { quiet: true },
    ).then(
      () => true,
      () => false,
    );
    if (ready) break;
    if (gone) throw new Error('PostgreSQL did not start');
    await new Promise(done => setTimeout(done, 100));
  }
  end();
  const url = `postgresql://postgres@127.0.0.1:${port}`;
  return {
    url,
    port,
    pid: child.pid,
    environment: {
      [`BACKSTAGE_TEST_DATABASE_POSTGRES${version}_CONNECTION_STRING`]: url,
    },
    stop: async () => {
      const ended = new Promise(done => child.once('exit', done));
      // The child may be the program that changed the user, which passes no signal on.
      const [pid] = (
        await readFile(`${folder}/data/postmaster.pid`, 'utf8')
      ).split('\n');
      process.kill(Number(pid), 'SIGINT');
      await ended;
    },
  };
}

/** A port nobody listens on. */
export function freePort() {
  return new Promise(done => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
