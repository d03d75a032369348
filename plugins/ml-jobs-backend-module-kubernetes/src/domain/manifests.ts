import { gzipSync } from 'node:zlib';
import type {
  V1ConfigMap,
  V1Container,
  V1EnvVar,
  V1Job,
  V1OwnerReference,
  V1Secret,
} from '@kubernetes/client-node';
import {
  withInputPaths,
  type InputPaths,
  type JobSpec,
} from '@downstage/plugin-ml-jobs-node';
import type { ClusterOptions } from '../config';
import {
  attemptLabel,
  jobContainer,
  jobIdAnnotation,
  jobIdLabel,
  managedBy,
  ours,
  ownerAnnotation,
  prepareContainer,
  queueLabel,
} from './marks';
import { labelValueOf, nameOf } from './names';

/** Where things lie in a pod. */
const attemptFolder = '/downstage/attempt';
const workFolder = '/downstage/work';
const sourceFolder = `${workFolder}/source`;
const packagesFolder = `${workFolder}/packages`;

/** How much longer than its timeout a Job may take. The portal ends it in time; this is for a portal that is away. */
const deadlineMarginSeconds = 600;
/** What one object may hold, with room for what is around it. */
const mostRecordBytes = 900 * 1024;

/** A record as it is created: what the first container of the pod reads. */
export function recordOf(
  spec: JobSpec,
  cluster: ClusterOptions,
  options: { prepareScript: string },
): V1ConfigMap {
  const { fetchUrl, commit } = spec.source;
  const attempt = {
    source: { url: fetchUrl, commit },
    requirements: spec.definition.environment?.requirements,
    inputs: Object.fromEntries(
      Object.entries(spec.inputs).map(([name, { files, tableFiles }]) => [
        name,
        { files, tableFiles },
      ]),
    ),
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(spec, cluster),
    data: { 'prepare.py': options.prepareScript },
    binaryData: {
      'attempt.json.gz': gzipSync(JSON.stringify(attempt)).toString('base64'),
    },
  };
}

/** Why nothing can be submitted for a job, where nothing can; `RuntimeFeature` has no word for these. */
export function refusalOf(
  { definition }: JobSpec,
  { binaryData = {} }: V1ConfigMap,
  cluster: ClusterOptions,
): { reason: string; message: string } | undefined {
  const { name, image } = definition.environment ?? {};
  if (name !== undefined && image === undefined) {
    return {
      reason: 'EnvironmentUnknown',
      message: `The cluster '${cluster.name}' has no environment '${name}'; name an image or requirements`,
    };
  }
  const bytes = Object.values(binaryData).join('').length;
  if (bytes > mostRecordBytes) {
    return {
      reason: 'RuntimeUnable',
      message: `The list of its input files takes ${bytes} bytes; a cluster keeps at most ${mostRecordBytes}`,
    };
  }
  return undefined;
}

/** What only the pod may read: the token, and variables that hold it. */
export function secretOf(
  spec: JobSpec,
  cluster: ClusterOptions,
  owner: V1OwnerReference,
): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadataOf(spec, cluster), ownerReferences: [owner] },
    type: 'Opaque',
    stringData: { token: spec.token, ...secretVariablesOf(spec) },
  };
}

/**
 * The Job of an attempt with one process: one container fetches, the next one runs the entry point. The second one starts
 * when the code starts, and its exit code is that of the code.
 *
 * @remarks
 * A pod that is taken away is no failure: Kubernetes starts another one. Everything else ends the Job, since the portal
 * retries and counts. `suspend` is only given at the create; Kueue owns it from then on.
 */
export function jobOf(spec: JobSpec, cluster: ClusterOptions): V1Job {
  const { definition } = spec;
  const metadata = metadataOf(spec, cluster);
  const seconds = secondsOf(definition.timeout);
  const image = definition.environment?.image ?? cluster.image;
  const common = {
    image,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'attempt', mountPath: attemptFolder, readOnly: true },
      { name: 'work', mountPath: workFolder },
    ],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  } satisfies Partial<V1Container>;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
        ...(cluster.queue && { [queueLabel]: cluster.queue }),
      },
    },
    spec: {
      ...(cluster.queue && { suspend: true }),
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          {
            action: 'Ignore',
            onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
          },
        ],
      },
      ...(seconds && {
        activeDeadlineSeconds: seconds + deadlineMarginSeconds,
      }),
      ttlSecondsAfterFinished: cluster.keepSeconds,
      template: {
        metadata: {
          labels: metadata.labels,
          annotations: metadata.annotations,
        },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: cluster.graceSeconds,
          ...(cluster.serviceAccount && {
            serviceAccountName: cluster.serviceAccount,
          }),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: cluster.runAsUser,
            runAsGroup: cluster.runAsUser,
            fsGroup: cluster.runAsUser,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumes: [
            { name: 'attempt', configMap: { name: metadata.name } },
            { name: 'work', emptyDir: {} },
          ],
          initContainers: [
            {
              ...common,
              name: prepareContainer,
              // Fetching needs no accelerator. The code that builds packages gets none, either.
              resources: resourcesOf(definition.resources, cluster, 0),
              command: ['python3', '-I', `${attemptFolder}/prepare.py`],
              args: [attemptFolder, workFolder],
              env: [
                { name: 'HOME', value: workFolder },
                fromSecret('DOWNSTAGE_TOKEN', metadata.name, 'token'),
              ],
            },
          ],
          containers: [
            {
              ...common,
              name: jobContainer,
              resources: resourcesOf(definition.resources, cluster),
              command: ['/bin/sh', '-c', literal(definition.entryPoint)],
              workingDir: sourceFolder,
              env: variablesOf(spec, metadata.name),
            },
          ],
        },
      },
    },
  };
}

function metadataOf(spec: JobSpec, cluster: ClusterOptions) {
  return {
    name: nameOf(spec),
    namespace: cluster.namespace,
    labels: {
      [managedBy]: ours,
      [jobIdLabel]: labelValueOf(spec.jobId),
      [attemptLabel]: String(spec.attempt),
    },
    annotations: {
      [jobIdAnnotation]: spec.jobId,
      ...(spec.owner && { [ownerAnnotation]: spec.owner }),
    },
  };
}

/** Requests and limits are the same: a job gets what it asks for, and no more. */
function resourcesOf(
  asked: JobSpec['definition']['resources'],
  cluster: ClusterOptions,
  gpus = asked?.gpus,
) {
  const { cpu, memory } = asked ?? {};
  const amounts = {
    cpu: String(cpu ?? cluster.usual.cpu),
    memory: memory ?? cluster.usual.memory,
    ...(gpus && { [cluster.gpuResource]: String(gpus) }),
  };
  return { requests: amounts, limits: amounts };
}

/** The variables of the job, with where its inputs lie in the pod. Packages of the project come first. */
function variablesOf(spec: JobSpec, secret: string): V1EnvVar[] {
  const secrets = secretVariablesOf(spec);
  const all: Record<string, string> = {
    HOME: workFolder,
    PYTHONUNBUFFERED: '1',
    ...(spec.definition.environment?.requirements && {
      PYTHONPATH: packagesFolder,
    }),
    ...withInputPaths(spec, placesOf(spec)),
  };
  return Object.entries(all).map(([name, value]) =>
    name in secrets
      ? fromSecret(name, secret, name)
      : { name, value: literal(value) },
  );
}

function secretVariablesOf({ token, variables }: JobSpec) {
  return Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value.includes(token)),
  );
}

function placesOf(spec: JobSpec): Record<string, InputPaths> {
  return Object.fromEntries(
    Object.entries(spec.inputs).map(([name, { files, tableFiles }]) => [
      name,
      {
        path: placeOf(`${workFolder}/inputs/${name}`, files),
        ...(tableFiles && {
          table: placeOf(`${workFolder}/tables/${name}`, tableFiles),
        }),
      },
    ]),
  );
}

/** A file by itself, several by their folder. */
function placeOf(folder: string, files: { name: string }[]): string {
  return files.length === 1 ? `${folder}/${files[0].name}` : folder;
}

function fromSecret(name: string, secret: string, key: string): V1EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/** Kubernetes replaces `$(NAME)` in commands and variables; `$$` is a `$` that it leaves alone. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** Days, hours, minutes and seconds of an ISO 8601 duration; nothing of one that there is not. */
function secondsOf(duration: string | undefined): number | undefined {
  const parts =
    duration &&
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  if (!parts) return undefined;
  const [days, hours, minutes, seconds] = parts
    .slice(1)
    .map(part => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
