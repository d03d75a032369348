// Jobs of the portal on a real control plane (tools/testcluster) with Kueue: the contract of runtimes, and a portal whose
// only right is the Role of docs/kubernetes.md.
//   npm test -- --only=cluster
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/shell.mjs';
import { startTestCluster } from '../scripts/testCluster.mjs';
import { minute, person, portalOn, until } from './portal.mjs';
import { walkSteps } from './steps.mjs';

const run = promisify(execFile);
const namespace = 'ml-research';
const runtime = 'test-cluster';
const shown = 'kueue.x-k8s.io';

/** Steps depend on each other: after a failure the rest counts as failed. */
export async function jobsOnCluster({ node, cli, environment, scratch }) {
  const cluster = await startTestCluster({
    ...{ folder: join(scratch, 'jobs-cluster'), engines: 'kueue' },
  });
  const config = join(scratch, 'jobs-on-cluster.yaml');
  const portal = await portalOn({
    ...{ node, dataDir: join(scratch, 'jobs-on-cluster') },
    environment: { DOWNSTAGE_CONFIG: config },
  });
  try {
    return await walkSteps(
      walk({ cluster, portal, config, node, cli, environment, scratch }),
      {
        explain: () =>
          cluster
            .kubectl([
              ...['get', 'jobs,pods,workloads,configmaps', '-n', namespace],
              ...['-o', 'wide'],
            ])
            .catch(error => error.message),
      },
    );
  } finally {
    if (portal.isUp) await portal.stop();
    await cluster.stop();
  }
}

function walk({ cluster, portal, config, node, cli, environment, scratch }) {
  const apply = (...items) =>
    cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    );
  const ann = person(portal.url, 'user:default/ann');
  const repository = join(portal.dataDir, 'projects/on-a-cluster');
  const submit = async (entryPoint, more = {}) => {
    const { id } = await ann.post('/api/ml-jobs/v1/jobs', {
      ...{ source: { repository }, owner: 'user:default/ann', runtime },
      definition: {
        ...{ apiVersion: 'downstage.dev/v1', kind: 'Job', entryPoint },
        resources: { cpu: 1, memory: '256Mi' },
        ...more,
      },
    });
    return id;
  };
  const jobOf = id => ann.get(`/api/ml-jobs/v1/jobs/${id}`);
  const becomes = (id, what, is) =>
    until(
      what,
      async () => {
        const job = await jobOf(id);
        return is(job) ? job : undefined;
      },
      5 * minute,
    );
  const isState = state => job => {
    const isOver = ['succeeded', 'failed', 'cancelled'].includes(job.state);
    if (isOver && job.state !== state)
      throw new Error(`The job is ${job.state}: ${job.message}`);
    return job.state === state;
  };
  const logOf = async id =>
    (await ann.get(`/api/ml-jobs/v1/jobs/${id}/log`)).text;
  const running = [];
  let access;

  return [
    [
      'a namespace for restricted pods has a queue of two cores, and an account with the Role of the documentation',
      async () => {
        await until('the queue to be accepted', () =>
          apply(...queue()).then(
            () => true,
            () => false,
          ),
        );
        await cluster.kubectl(['apply', '-f', '-'], await roleOfDocs());
        const account = `${namespace}:downstage`;
        await cluster.kubectl([
          ...['create', 'serviceaccount', '-n', namespace, 'downstage'],
        ]);
        await cluster.kubectl([
          ...['create', 'rolebinding', '-n', namespace, 'downstage'],
          ...['--role=downstage', `--serviceaccount=${account}`],
        ]);
        const token = await cluster.kubectl([
          ...['create', 'token', '-n', namespace, 'downstage'],
          '--duration=8h',
        ]);
        const { clusters } = JSON.parse(
          await cluster.kubectl(['config', 'view', '--flatten', '-o', 'json']),
        );
        access = { ...clusters[0].cluster, token: token.trim() };
      },
    ],
    [
      'the contract of runtimes is kept, with Kueue and without',
      async () => {
        const file = join(scratch, 'jobs-cluster-access.json');
        await writeFile(
          file,
          JSON.stringify({
            ...{ server: access.server, token: access.token, namespace },
            ca: access['certificate-authority-data'],
          }),
          { mode: 0o600 },
        );
        const { stderr } = await run(
          node,
          [
            ...[cli, 'package', 'test', '--watchAll=false', '--maxWorkers=1'],
            ...['-t', 'on a real control plane'],
            'src/KubernetesRuntime.test.ts',
          ],
          {
            cwd: join(root, 'plugins/ml-jobs-backend-module-kubernetes'),
            env: { ...environment, DOWNSTAGE_TEST_CLUSTER_ACCESS: file },
            maxBuffer: 64 * 1024 * 1024,
          },
        );
        // A pattern that finds nothing would pass too.
        const passed = Number(/Tests:.* (\d+) passed/.exec(stderr)?.[1]);
        assert.ok(passed >= 36, stderr);
      },
    ],
    [
      'a portal with that account runs a project as a pod, and its log is read',
      async () => {
        await writeFile(
          join(scratch, 'jobs-cluster.kubeconfig'),
          JSON.stringify(kubeconfigOf(access)),
          { mode: 0o600 },
        );
        await writeFile(config, JSON.stringify(configOf(scratch)));
        await createProject(repository);
        await portal.start();
        const id = await submit('python3 train.py', {
          parameters: { depth: 5 },
        });
        const job = await becomes(id, 'the end', isState('succeeded'));
        assert.equal(job.runtime, runtime);
        assert.match(await logOf(id), /^trained with depth 5$/m);
      },
    ],
    [
      'a job that fails says its exit code',
      async () => {
        const id = await submit('echo about to fail; exit 7');
        const job = await becomes(id, 'the end', isState('failed'));
        assert.equal(job.attempts[0].exitCode, 7);
        assert.match(job.message, /ended with code 7/);
        assert.match(await logOf(id), /^about to fail$/m);
      },
    ],
    [
      'a third job waits for quota in the words of Kueue, and the page has them',
      async () => {
        for (const _ of [1, 2]) {
          const id = await submit('echo begins; sleep 3600');
          await becomes(id, 'it to run', isState('running'));
          running.push(id);
        }
        running.push(await submit('echo at last'));
        const job = await becomes(running[2], 'it to wait', one =>
          /insufficient unused quota for cpu/.test(one.message ?? ''),
        );
        assert.equal(job.waiting.reason, 'WaitsForQuota');
      },
    ],
    [
      'a portal that is killed finds its jobs again, once each',
      async () => {
        await portal.kill();
        await portal.start();
        for (const id of running.slice(0, 2))
          assert.equal((await jobOf(id)).state, 'running');
        const { items } = JSON.parse(
          await cluster.kubectl(['get', 'jobs', '-n', namespace, '-o', 'json']),
        );
        for (const id of running) {
          const ofJob = items.filter(
            ({ metadata }) => metadata.labels['downstage.dev/job-id'] === id,
          );
          assert.equal(ofJob.length, 1);
        }
      },
    ],
    [
      'a cancel ends the pod, and the one that waited is admitted',
      async () => {
        await ann.post(`/api/ml-jobs/v1/jobs/${running[0]}/cancel`);
        await becomes(running[0], 'the cancel', isState('cancelled'));
        const label = `downstage.dev/job-id=${running[0]}`;
        const left = await cluster.kubectl([
          ...['get', 'jobs,pods,secrets', '-n', namespace, '-l', label],
          ...['-o', 'name'],
        ]);
        assert.equal(left.trim(), '');
        await becomes(running[2], 'it to run at last', isState('succeeded'));
        assert.match(await logOf(running[2]), /^at last$/m);
      },
    ],
    [
      'a job that Kueue stops for another one waits, says so, and runs again with its log going on',
      async () => {
        const [, id] = running;
        await apply(urgentJob());
        const job = await becomes(id, 'the preemption', one => one.waiting);
        assert.equal(job.waiting.reason, 'Preempted');
        assert.ok(job.waiting.preemptedBy, JSON.stringify(job.waiting));
        assert.match(job.message, /^Preempted to accommodate a workload/);
        await cluster.kubectl(['delete', 'job', '-n', namespace, 'urgent']);
        const again = await becomes(
          id,
          'it to run again',
          one => one.state === 'running' && !one.waiting,
        );
        // The same attempt: it failed by nobody's fault.
        assert.equal(again.attempts.length, 1);
        await until('the log of both pods', async () => {
          const begun = (await logOf(id)).match(/^begins$/gm) ?? [];
          assert.ok(begun.length <= 2, `it began ${begun.length} times`);
          return begun.length === 2;
        });
        return job.message;
      },
    ],
  ];
}

/** The Role that the documentation gives to a platform engineer. */
async function roleOfDocs() {
  const text = await readFile(join(root, 'docs/kubernetes.md'), 'utf8');
  return /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(text)[1];
}

function queue() {
  const apiVersion = `${shown}/v1beta2`;
  return [
    {
      ...{ apiVersion: 'v1', kind: 'Namespace' },
      metadata: {
        name: namespace,
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    },
    {
      ...{ apiVersion, kind: 'ResourceFlavor', metadata: { name: 'default' } },
    },
    {
      ...{ apiVersion, kind: 'ClusterQueue', metadata: { name: 'research' } },
      spec: {
        namespaceSelector: {},
        preemption: { withinClusterQueue: 'LowerPriority' },
        resourceGroups: [
          {
            coveredResources: ['cpu', 'memory'],
            flavors: [
              {
                name: 'default',
                resources: [
                  { name: 'cpu', nominalQuota: '2' },
                  { name: 'memory', nominalQuota: '64Gi' },
                ],
              },
            ],
          },
        ],
      },
    },
    {
      ...{ apiVersion, kind: 'LocalQueue' },
      metadata: { name: 'jobs', namespace },
      spec: { clusterQueue: 'research' },
    },
    {
      ...{ apiVersion, kind: 'WorkloadPriorityClass' },
      metadata: { name: 'urgent' },
      value: 1000,
    },
  ];
}

/** A Job of somebody else that takes the whole quota, and ends when it is deleted. */
function urgentJob() {
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: {
      ...{ name: 'urgent', namespace },
      labels: {
        [`${shown}/queue-name`]: 'jobs',
        [`${shown}/priority-class`]: 'urgent',
      },
    },
    spec: {
      suspend: true,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          securityContext: {
            ...{ runAsNonRoot: true, runAsUser: 1000 },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              ...{ name: 'main', image: 'example.invalid/urgent:1' },
              command: ['/bin/sh', '-c', 'sleep 3600'],
              resources: { requests: { cpu: '2', memory: '256Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  };
}

function kubeconfigOf({ token, ...cluster }) {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'jobs' },
    clusters: [{ name: 'jobs', cluster }],
    users: [{ name: 'jobs', user: { token } }],
    contexts: [{ name: 'jobs', context: { cluster: 'jobs', user: 'jobs' } }],
  };
}

function configOf(scratch) {
  const kubeconfig = join(scratch, 'jobs-cluster.kubeconfig');
  return {
    mlJobs: {
      kubernetes: {
        clusters: [
          {
            ...{ name: runtime, kubeconfig, namespace, queue: 'jobs' },
            ...{ image: 'python:3.13-slim', graceSeconds: 1 },
          },
        ],
      },
    },
  };
}

async function createProject(folder) {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'train.py'),
    'import os\nprint("trained with depth", os.environ["DOWNSTAGE_PARAM_DEPTH"])\n',
  );
  const git = (...args) => run('git', args, { cwd: folder });
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git(
    ...['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'],
    ...['commit', '-qm', 'A project'],
  );
}
