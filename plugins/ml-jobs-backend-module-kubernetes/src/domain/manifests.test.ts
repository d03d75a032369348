import { gunzipSync } from 'node:zlib';
import { aCluster, aSpec } from '../__testUtils__/createFixture';
import { jobOf, recordOf, refusalOf, secretOf } from './manifests';

const withQueue = { ...aCluster, queue: 'research' };
const definition = {
  ...({ apiVersion: 'downstage.dev/v1', kind: 'Job' } as const),
  entryPoint: 'python train.py --lr $LR "$(date)"',
};
const podOf = (spec = aSpec('true'), cluster = aCluster) =>
  jobOf(spec, cluster).spec!.template.spec!;
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '1' };

describe('the Job of an attempt', () => {
  it('has the name of the attempt and says whose it is', () => {
    const { metadata } = jobOf(aSpec('true', { jobId: 'a_b' }), aCluster);
    expect(metadata).toMatchObject({
      name: expect.stringMatching(/^ds-a-b-[0-9a-f]{12}-1$/),
      namespace: 'ml',
      labels: {
        'app.kubernetes.io/managed-by': 'downstage',
        'downstage.dev/job-id': 'a_b',
        'downstage.dev/attempt': '1',
      },
      annotations: {
        'downstage.dev/job-id': 'a_b',
        'downstage.dev/owner': 'group:default/research',
      },
    });
  });

  it('waits for Kueue where there is a queue, and else starts at once', () => {
    const queued = jobOf(aSpec('true'), withQueue);
    expect(queued.metadata?.labels).toHaveProperty(
      ['kueue.x-k8s.io/queue-name'],
      'research',
    );
    expect(queued.spec?.suspend).toBe(true);
    const free = jobOf(aSpec('true'), aCluster);
    expect(free.metadata?.labels).not.toHaveProperty([
      'kueue.x-k8s.io/queue-name',
    ]);
    expect(free.spec?.suspend).toBeUndefined();
  });

  it('fails once, ends in time, and starts again what was taken away', () => {
    const spec = aSpec('true', {
      definition: { ...definition, timeout: 'P1DT1H2M3S' },
    });
    expect(jobOf(spec, aCluster).spec).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 90_123 + 600,
      ttlSecondsAfterFinished: aCluster.keepSeconds,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          {
            action: 'Ignore',
            onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
          },
        ],
      },
    });
    expect(jobOf(aSpec('true'), aCluster).spec).not.toHaveProperty(
      'activeDeadlineSeconds',
    );
  });

  it('gets what it asks for, and what is usual of the rest', () => {
    const resources = { cpu: 0.5, memory: '4Gi', gpus: 2 };
    const spec = aSpec('true', { definition: { ...definition, resources } });
    const amounts = { cpu: '0.5', memory: '4Gi', 'nvidia.com/gpu': '2' };
    expect(podOf(spec).containers[0].resources).toEqual({
      requests: amounts,
      limits: amounts,
    });
    // What packages run when they are built gets no accelerator.
    const { 'nvidia.com/gpu': _, ...rest } = amounts;
    expect(podOf(spec).initContainers?.[0].resources).toEqual({
      requests: rest,
      limits: rest,
    });
    const usual = { cpu: '1', memory: '2Gi' };
    expect(podOf().containers[0].resources).toEqual({
      requests: usual,
      limits: usual,
    });
  });

  it('keeps the rules for restricted pods', () => {
    const pod = podOf();
    expect(pod).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    for (const container of [...pod.initContainers!, ...pod.containers])
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
  });

  it('runs the image of the job, and the entry point as it is written', () => {
    const environment = { image: 'ghcr.io/team/train:1' };
    const spec = aSpec('true', { definition: { ...definition, environment } });
    const [container] = podOf(spec).containers;
    expect(container.image).toBe('ghcr.io/team/train:1');
    // Kubernetes reads $$ as a $ that it leaves alone.
    expect(container.command).toEqual([
      ...['/bin/sh', '-c'],
      'python train.py --lr $$LR "$$(date)"',
    ]);
  });

  it('finds its inputs where they lie in the pod', () => {
    const file = (name: string) => ({
      ...{ name, size: 1, sha256: 'a', url: 'http://portal.invalid/f' },
    });
    const input = { ref: 'default/masses@3', sha256: 'a', format: 'csv' };
    const spec = aSpec('true', {
      inputs: {
        one: {
          ...input,
          files: [file('a.csv')],
          tableFiles: [file('t.parquet')],
        },
        many: { ...input, files: [file('2026/a.csv'), file('2026/b.csv')] },
      },
      variables: { PRICE: '5$(HOME)' },
    });
    const variables = Object.fromEntries(
      podOf(spec).containers[0].env!.map(({ name, value }) => [name, value]),
    );
    expect(variables).toMatchObject({
      DOWNSTAGE_INPUT_ONE: '/downstage/work/inputs/one/a.csv',
      DOWNSTAGE_INPUT_MANY: '/downstage/work/inputs/many',
      PRICE: '5$$(HOME)',
    });
    expect(JSON.parse(variables.DOWNSTAGE_INPUTS!)).toMatchObject({
      one: { table: '/downstage/work/tables/one/t.parquet' },
    });
  });

  it('has its token in the Secret, and nowhere else', () => {
    const spec = aSpec('true', {
      variables: {
        MLFLOW_TRACKING_TOKEN: 'dsjob_of-the-test-and-of-nothing-else',
      },
    });
    const job = jobOf(spec, aCluster);
    const record = recordOf(spec, aCluster, { prepareScript: 'pass' });
    const attempt = gunzipSync(
      Buffer.from(record.binaryData!['attempt.json.gz'], 'base64'),
    );
    for (const text of [JSON.stringify({ job, record }), attempt.toString()])
      expect(text).not.toContain(spec.token);
    expect(job.spec!.template.spec!.containers[0].env).toContainEqual({
      name: 'MLFLOW_TRACKING_TOKEN',
      valueFrom: {
        secretKeyRef: {
          name: job.metadata!.name,
          key: 'MLFLOW_TRACKING_TOKEN',
        },
      },
    });
    expect(secretOf(spec, aCluster, owner)).toMatchObject({
      metadata: { ownerReferences: [owner] },
      stringData: { token: spec.token, MLFLOW_TRACKING_TOKEN: spec.token },
    });
  });
});

describe('what cannot be submitted', () => {
  const refusal = (...[spec]: Parameters<typeof podOf>) =>
    refusalOf(
      spec!,
      recordOf(spec!, aCluster, { prepareScript: '' }),
      aCluster,
    );

  it('is a prebuilt environment, unless the job names an image too', () => {
    const named = (environment: object) =>
      refusal(aSpec('true', { definition: { ...definition, environment } }));
    expect(named({ name: 'pytorch' })).toEqual({
      reason: 'EnvironmentUnknown',
      message:
        "The cluster 'kubernetes' has no environment 'pytorch'; name an image or requirements",
    });
    expect(named({ name: 'pytorch', image: 'x' })).toBeUndefined();
    expect(named({ requirements: 'requirements.txt' })).toBeUndefined();
  });

  it('is a list of files that no object of a cluster can hold', () => {
    const files = Array.from({ length: 30_000 }, (_, at) => ({
      name: `part-${at}.csv`,
      size: at,
      sha256: Array.from({ length: 8 }, (__, part) =>
        // Any text that does not repeat.
        ((at + 1) * 2_654_435_761 * (part + 7)).toString(16).slice(-8),
      ).join(''),
      url: `http://portal.invalid/inputs/masses?file=part-${at}.csv`,
    }));
    const input = { ref: 'a/b@1', sha256: 'a', format: 'csv', files };
    expect(refusal(aSpec('true', { inputs: { masses: input } }))).toEqual({
      reason: 'RuntimeUnable',
      message: expect.stringMatching(/^The list of its input files takes \d+/),
    });
  });
});
