import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '@downstage/plugin-ml-jobs-node';
import { KubeApi, type ClusterAccess } from '../api/KubeApi';
import type { ClusterOptions } from '../config';
import { KubernetesRuntime } from '../KubernetesRuntime';

export const aCluster: ClusterOptions = {
  name: 'kubernetes',
  namespace: 'ml',
  image: 'python:3.13-slim',
  slots: 2,
  usual: { cpu: 1, memory: '2Gi' },
  gpuResource: 'nvidia.com/gpu',
  runAsUser: 1000,
  keepSeconds: 7 * 24 * 60 * 60,
  graceSeconds: 3,
};

const prepareScript = readFileSync(
  join(__dirname, '../../runner/prepare.py'),
  'utf8',
);

let count = 0;

export function aSpec(command: string, overrides?: Partial<JobSpec>): JobSpec {
  count += 1;
  return {
    jobId: `job${count}`,
    attempt: 1,
    name: 'test',
    owner: 'group:default/research',
    source: {
      repository: '/projects/test',
      commit: 'f00d',
      fetchUrl: 'http://portal.invalid/source',
    },
    definition: {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: command,
    },
    parameters: {},
    inputs: {},
    logUrl: 'http://portal.invalid/log',
    token: 'dsjob_of-the-test-and-of-nothing-else',
    variables: {},
    ...overrides,
  };
}

/** Runtimes of one cluster, and a portal that has the source of their jobs. */
export async function createFixture(options: {
  access: ClusterAccess;
  cluster?: Partial<ClusterOptions>;
}) {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  writeFileSync(join(folder, 'train.py'), 'print("trained")\n');
  const archive = execFileSync('tar', ['-cf', '-', '-C', folder, 'train.py']);
  const portal = createServer((_, response) => {
    response.end(archive);
  });
  await new Promise<void>(resolve => {
    portal.listen(0, '127.0.0.1', resolve);
  });
  const { port } = portal.address() as AddressInfo;
  const fetchUrl = `http://127.0.0.1:${port}/source`;
  const runtimes: KubernetesRuntime[] = [];
  const create = (more: Partial<ClusterOptions> = {}) => {
    const cluster = { ...aCluster, ...options.cluster, ...more };
    const runtime = new KubernetesRuntime({
      cluster,
      api: new KubeApi(options.access),
      prepareScript,
      clock: () => new Date(),
    });
    runtimes.push(runtime);
    return runtime;
  };
  return {
    create,
    specOf: (command: string, overrides?: Partial<JobSpec>) => {
      const spec = aSpec(command, overrides);
      return { ...spec, source: { ...spec.source, fetchUrl } };
    },
    close: async () => {
      await Promise.all(runtimes.map(runtime => runtime.stop()));
      portal.closeAllConnections();
      await new Promise(resolve => {
        portal.close(resolve);
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of a server that asks for nothing. */
export function openAccess(server: string): ClusterAccess {
  return {
    getCurrentCluster: () => ({ name: 'test', server, skipTLSVerify: true }),
    applyToHTTPSOptions: async () => {},
  };
}
