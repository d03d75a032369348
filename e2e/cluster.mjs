// The test cluster itself (tools/testcluster): what tests of Kubernetes rest on is real. Two groups share eight GPUs, one
// borrows and gives back, ranks meet, a volume outlives its pods, a node is lost.
//   npm test -- --only=cluster
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestCluster } from '../scripts/testCluster.mjs';
import { isAlive, until } from './portal.mjs';
import { walkSteps } from './steps.mjs';

const shown = 'kueue.x-k8s.io';

/** Steps depend on each other: after a failure the rest counts as failed. */
export async function clusterSmoke({ scratch }) {
  const cluster = await startTestCluster({ folder: join(scratch, 'cluster') });
  try {
    return await walkSteps(walk(cluster), {
      explain: () =>
        cluster
          .kubectl(['get', 'jobs,pods,workloads,pvc,nodes', '-A', '-o', 'wide'])
          .catch(error => error.message),
    });
  } finally {
    await cluster.stop();
  }
}

function walk(cluster) {
  const apply = (...objects) =>
    cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    );
  const get = async (...args) =>
    JSON.parse(await cluster.kubectl(['get', ...args, '-o', 'json']));
  /** Answers an object as soon as `is` says so of it. */
  const awaits = (what, args, is) =>
    until(what, async () => {
      const found = await get(...args).catch(() => undefined);
      return found && is(found) ? found : undefined;
    });
  const workloadOf = async (namespace, job) => {
    const { metadata } = await get('job', '-n', namespace, job);
    const label = `${shown}/job-uid=${metadata.uid}`;
    const all = ['workloads.kueue.x-k8s.io', '-n', namespace, '-l', label];
    return (await get(...all)).items[0];
  };
  /** Waits until a condition of a job's workload says something. */
  const awaitsWorkload = (namespace, job, type, is) =>
    until(`${type} of ${job}'s workload`, async () => {
      const workload = await workloadOf(namespace, job).catch(() => undefined);
      const condition = workload && conditionOf(workload, type);
      return condition && is(condition);
    });
  const ends = (kind, namespace, name, type) =>
    awaits(`${name} to end`, [kind, '-n', namespace, name], found =>
      isTrue(found, type),
    );
  const logOf = (namespace, ...args) =>
    cluster.kubectl(['logs', '-n', namespace, ...args]);
  let followed;

  return [
    [
      'two groups have queues that share eight GPUs',
      async () => {
        await until('the queues to be accepted', () =>
          apply(...queues()).then(
            () => true,
            () => false,
          ),
        );
        for (const name of ['team-a', 'team-b'])
          await awaits(`${name}'s queue`, ['clusterqueue', name], queue =>
            isTrue(queue, 'Active'),
          );
      },
    ],
    [
      'a job of six GPUs, two of them borrowed, runs and its log is read',
      async () => {
        await apply(
          job('team-a', 'first', {
            gpus: 6,
            script:
              'trap "exit 143" TERM; echo "$GREETING from $HOSTNAME"; until [ -e /go ]; do sleep 0.1; done',
          }),
        );
        await awaitsWorkload('team-a', 'first', 'Admitted', isMet);
        await awaits('its pod', ['job', '-n', 'team-a', 'first'], isReady);
        await until('its log', async () =>
          /^hello from first-/.test(await logOf('team-a', 'job/first')),
        );
      },
    ],
    [
      'a second one waits, and Kueue says for what and in which place',
      async () => {
        await apply(
          job('team-a', 'second', { gpus: 4, script: 'echo second' }),
        );
        await awaitsWorkload(
          ...['team-a', 'second', 'QuotaReserved'],
          ({ message }) => /insufficient unused quota/.test(message),
        );
        const path =
          '/apis/visibility.kueue.x-k8s.io/v1beta2/namespaces/team-a/localqueues/jobs/pendingworkloads';
        await until('its place', async () => {
          const { items } = JSON.parse(
            await cluster.kubectl(['get', '--raw', path]),
          );
          return items[0]?.positionInLocalQueue === 0;
        });
      },
    ],
    [
      'one that can never fit is told so',
      async () => {
        await apply(job('team-a', 'giant', { gpus: 16, script: 'true' }));
        await awaitsWorkload(
          ...['team-a', 'giant', 'QuotaReserved'],
          ({ message }) => /maximum capacity/.test(message),
        );
      },
    ],
    [
      'the owner takes the borrowed GPUs back: the borrower is preempted',
      async () => {
        await apply(
          job('team-b', 'owner', {
            gpus: 4,
            script: 'until [ -e /go ]; do sleep 0.1; done',
          }),
        );
        await awaitsWorkload(
          ...['team-a', 'first', 'Preempted'],
          ({ reason }) => reason === 'InCohortReclamation',
        );
        await awaits('the owner', ['job', '-n', 'team-b', 'owner'], isReady);
      },
    ],
    [
      'a job that fits overtakes it, and the preempted one runs again afterwards',
      async () => {
        await ends('job', 'team-a', 'second', 'Complete');
        await go('team-b', 'owner');
        await ends('job', 'team-b', 'owner', 'Complete');
        await awaits('it again', ['job', '-n', 'team-a', 'first'], isReady);
      },
    ],
    [
      'exec reaches the process of a pod, and logs are followed to its end',
      async () => {
        followed = logOf('team-a', '-f', 'job/first');
        await go('team-a', 'first');
        await ends('job', 'team-a', 'first', 'Complete');
        assert.match(await followed, /^hello from first-[^\n]*\n$/);
      },
    ],
    [
      'a job that fails has its own exit code and its last words',
      async () => {
        await apply(
          job('team-a', 'failing', {
            gpus: 1,
            script: 'echo about to fail >&2; exit 3',
          }),
        );
        await ends('job', 'team-a', 'failing', 'Failed');
        const pods = ['pods', '-n', 'team-a', '-l', 'job-name=failing'];
        const { status } = (await get(...pods)).items[0];
        const { terminated } = status.containerStatuses[0].state;
        assert.equal(terminated.exitCode, 3);
        assert.equal(terminated.message, 'about to fail');
      },
    ],
    [
      'two ranks of a TrainJob find each other by name',
      async () => {
        await apply(trainJob('team-a', 'pair'));
        await ends('trainjob', 'team-a', 'pair', 'Complete');
        const rank = number =>
          logOf(
            ...['team-a', '-l'],
            `batch.kubernetes.io/job-completion-index=${number},jobset.sigs.k8s.io/jobset-name=pair`,
          );
        assert.match(await rank(0), /^rank 0 of 2$/m);
        assert.equal(await rank(1), 'rank 1 of 2\nrank 0 says hello\n');
      },
    ],
    [
      'what a pod wrote to a claim is there for the next one, on another node',
      async () => {
        await apply(claim('team-a', 'checkpoints'));
        await apply(
          job('team-a', 'writes', {
            node: 'gpu-a',
            claim: 'checkpoints',
            script: 'echo step 41 > /checkpoints/latest',
          }),
        );
        await ends('job', 'team-a', 'writes', 'Complete');
        await cluster.kubectl(['delete', 'job', '-n', 'team-a', 'writes']);
        await apply(
          job('team-a', 'resumes', {
            node: 'gpu-b',
            claim: 'checkpoints',
            readOnly: true,
            script:
              'cat /checkpoints/latest; echo step 42 > /checkpoints/latest || echo refused',
          }),
        );
        await ends('job', 'team-a', 'resumes', 'Complete');
        const log = await logOf('team-a', 'job/resumes');
        assert.match(log, /^step 41$/m);
        // A volume that is mounted to be read only is that.
        assert.match(log, /Read-only file system$/m);
        assert.match(log, /^refused$/m);
      },
    ],
    [
      'the folder of a claim goes with the claim, and no earlier',
      async () => {
        const { spec } = await get('pvc', '-n', 'team-a', 'checkpoints');
        const volume = await get('pv', spec.volumeName);
        const { path } = volume.spec.hostPath;
        assert.ok(existsSync(join(path, 'latest')), path);
        await cluster.kubectl([
          ...['delete', 'job', '-n', 'team-a', 'resumes', '--wait'],
        ]);
        await cluster.kubectl(['delete', 'pvc', '-n', 'team-a', 'checkpoints']);
        await until('the folder to go', () => !existsSync(path));
        await until('the volume to go', () =>
          get('pv', spec.volumeName).then(
            () => false,
            error => /NotFound/.test(error.message),
          ),
        );
      },
    ],
    [
      'a node that is cut off is missed, and comes back with its pod still running',
      async () => {
        await apply(
          job('team-a', 'stays', {
            node: 'gpu-b',
            script: 'until [ -e /go ]; do sleep 0.1; done; echo still here',
          }),
        );
        await awaits('its pod', ['job', '-n', 'team-a', 'stays'], isReady);
        await cluster.loseNode('gpu-b');
        await awaits(
          'the node to be missed',
          ['node', 'gpu-b'],
          node => conditionOf(node, 'Ready').status === 'Unknown',
        );
        await awaits(
          'its pod to count as not ready',
          ['job', '-n', 'team-a', 'stays'],
          found => !isReady(found),
        );
        await assert.rejects(logOf('team-a', 'job/stays'), /Unavailable/);
        await cluster.bringBackNode('gpu-b');
        await awaits('the node to be back', ['node', 'gpu-b'], node =>
          isTrue(node, 'Ready'),
        );
        await awaits('its pod', ['job', '-n', 'team-a', 'stays'], isReady);
        await go('team-a', 'stays');
        await ends('job', 'team-a', 'stays', 'Complete');
        assert.equal(await logOf('team-a', 'job/stays'), 'still here\n');
      },
    ],
    [
      'nothing of it is left after a sudden end: no controller, no pod',
      async () => {
        await apply(job('team-a', 'last', { script: 'sleep 3600' }));
        await awaits('its pod', ['job', '-n', 'team-a', 'last'], isReady);
        const all = await descendants(cluster.pid);
        assert.ok(all.length >= 9, `only ${all.length} processes were found`);
        process.kill(cluster.pid, 'SIGKILL');
        await until('all to end', () => !all.some(isAlive));
      },
    ],
  ];

  /** Lets a job that waits for a file go on. */
  function go(namespace, name) {
    return cluster.kubectl([
      ...['exec', '-n', namespace, `job/${name}`, '--', 'touch', '/go'],
    ]);
  }
}

/** The numbers of the processes that a process started, and of those that they did. */
async function descendants(pid) {
  const parents = new Map();
  for (const name of await readdir('/proc')) {
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // After the name in brackets: state, parent.
    const parent = text.slice(text.lastIndexOf(')') + 2).split(' ')[1];
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(parent));
  }
  const below = number =>
    [...parents]
      .filter(([, parent]) => parent === number)
      .flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function conditionOf(object, type) {
  return object.status?.conditions?.find(one => one.type === type);
}

function isMet(condition) {
  return condition.status === 'True';
}

function isTrue(object, type) {
  return conditionOf(object, type)?.status === 'True';
}

function isReady({ status }) {
  return status?.ready === 1;
}

/** Each group owns four GPUs and may borrow those of the other while they are idle. */
function queues() {
  const apiVersion = `${shown}/v1beta2`;
  const flavour = {
    ...{ apiVersion, kind: 'ResourceFlavor', metadata: { name: 'h200' } },
    spec: { nodeLabels: { 'nvidia.com/gpu.product': 'NVIDIA-H200' } },
  };
  const ofGroup = name => [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { team: name } },
    },
    {
      ...{ apiVersion, kind: 'ClusterQueue', metadata: { name } },
      spec: {
        cohortName: 'company',
        namespaceSelector: { matchLabels: { team: name } },
        preemption: {
          reclaimWithinCohort: 'Any',
          withinClusterQueue: 'LowerPriority',
        },
        resourceGroups: [
          {
            coveredResources: ['cpu', 'memory', 'nvidia.com/gpu'],
            flavors: [
              {
                name: 'h200',
                resources: [
                  { name: 'cpu', nominalQuota: '32' },
                  { name: 'memory', nominalQuota: '256Gi' },
                  { name: 'nvidia.com/gpu', nominalQuota: '4' },
                ],
              },
            ],
          },
        ],
      },
    },
    {
      ...{ apiVersion, kind: 'LocalQueue' },
      metadata: { name: 'jobs', namespace: name },
      spec: { clusterQueue: name },
    },
  ];
  return [flavour, ...ofGroup('team-a'), ...ofGroup('team-b')];
}

/** A Job of one pod. Its image is never pulled: the cluster has none. */
function job(namespace, name, { gpus, script, node, claim: used, readOnly }) {
  const container = {
    name: 'main',
    image: 'example.invalid/train:1',
    command: ['/bin/bash', '-c', script],
    env: [{ name: 'GREETING', value: 'hello' }],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    resources: {
      requests: { cpu: '1', memory: '1Gi' },
      ...(gpus && { limits: { 'nvidia.com/gpu': String(gpus) } }),
    },
    ...(used && {
      volumeMounts: [{ name: 'kept', mountPath: '/checkpoints', readOnly }],
    }),
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...{ namespace, name },
      labels: { [`${shown}/queue-name`]: 'jobs' },
    },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [container],
          ...(node && { nodeSelector: { 'kubernetes.io/hostname': node } }),
          ...(used && {
            volumes: [
              { name: 'kept', persistentVolumeClaim: { claimName: used } },
            ],
          }),
        },
      },
    },
  };
}

function claim(namespace, name) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name },
    spec: {
      accessModes: ['ReadWriteMany'],
      resources: { requests: { storage: '1Gi' } },
    },
  };
}

/** Rank 1 connects to the port of rank 0, under the name that Trainer gives to both. */
function trainJob(namespace, name) {
  const script = [
    'echo "rank $PET_NODE_RANK of $PET_NNODES"',
    'if [ "$PET_NODE_RANK" = 0 ]; then',
    `exec timeout 120 python3 -c '`,
    'import os, socket',
    'address = os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"])',
    'server = socket.create_server(address)',
    'peer, _ = server.accept()',
    `peer.sendall(b"rank 0 says hello\\n")'`,
    'fi',
    'until exec 3<>"/dev/tcp/$PET_MASTER_ADDR/$PET_MASTER_PORT"; do sleep 0.1; done 2>/dev/null',
    'cat <&3',
  ].join('\n');
  return {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
    metadata: {
      ...{ namespace, name },
      labels: { [`${shown}/queue-name`]: 'jobs' },
    },
    spec: {
      runtimeRef: { name: 'torch-distributed' },
      trainer: {
        image: 'example.invalid/train:1',
        numNodes: 2,
        resourcesPerNode: {
          requests: { cpu: '1', memory: '1Gi' },
          limits: { 'nvidia.com/gpu': '1' },
        },
        command: ['/bin/bash', '-c', script],
      },
    },
  };
}
