import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

/** A cluster of the configuration; `config.d.ts` says what each key means. */
export type ClusterOptions = {
  name: string;
  kubeconfig?: string;
  context?: string;
  namespace: string;
  image: string;
  queue?: string;
  slots: number;
  usual: { cpu: number; memory: string };
  gpuResource: string;
  serviceAccount?: string;
  runAsUser: number;
  keepSeconds: number;
  graceSeconds: number;
};

const key = 'mlJobs.kubernetes.clusters';
/** What Kubernetes takes as a name of a namespace, a queue or an account. */
const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** The clusters that are configured; none where nobody has named one. */
export function readClusters(root: Config): ClusterOptions[] {
  const clusters = (root.getOptionalConfigArray(key) ?? []).map(readCluster);
  const names = clusters.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new InputError(
      `${key} has two clusters named '${twice}'; each needs a name of its own`,
    );
  }
  return clusters;
}

function readCluster(config: Config, at: number): ClusterOptions {
  const name = matching(config.getString('name'), {
    what: `${key}[${at}].name`,
    pattern: /^[a-z][a-z0-9-]{0,62}$/,
    expected: 'up to 63 small letters, digits and -, starting with a letter',
  });
  if (name === 'local-process') {
    throw new InputError(
      `${key}[${at}].name is 'local-process', which is the runtime of this machine; choose another name`,
    );
  }
  const read = (path: string) => config.getOptionalString(path);
  const named = (path: string, value: string) =>
    matching(value, {
      what: `${key}[${at}].${path}`,
      pattern: objectName,
      expected: 'a name as Kubernetes takes it, such as ml-research',
    });
  const optional = (path: string) => {
    const value = read(path);
    return value === undefined ? undefined : named(path, value);
  };
  const number = (path: string, usual: number, least: number) =>
    atLeast(config.getOptionalNumber(path) ?? usual, {
      what: `${key}[${at}].${path}`,
      least,
    });
  const whole = (path: string, usual: number, least: number) => {
    const value = number(path, usual, least);
    if (Number.isInteger(value)) return value;
    throw new InputError(
      `${key}[${at}].${path} is ${value}; expected a whole number`,
    );
  };
  if (read('context') && !read('kubeconfig')) {
    throw new InputError(
      `${key}[${at}].context needs a kubeconfig; inside of a cluster there is only one`,
    );
  }
  const cpu = number('usual.cpu', 1, 0.001);
  const memory = matching(read('usual.memory') ?? '2Gi', {
    what: `${key}[${at}].usual.memory`,
    pattern: /^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/,
    expected: 'an amount such as 512Mi or 4Gi',
  });
  return {
    name,
    kubeconfig: read('kubeconfig'),
    context: read('context'),
    namespace: named('namespace', config.getString('namespace')),
    image: config.getString('image'),
    queue: optional('queue'),
    slots: whole('slots', 10, 1),
    usual: { cpu, memory },
    gpuResource: read('gpuResource') ?? 'nvidia.com/gpu',
    serviceAccount: optional('serviceAccount'),
    runAsUser: whole('runAsUser', 1000, 1),
    keepSeconds: Math.round(number('keepDays', 7, 0.001) * 24 * 60 * 60),
    graceSeconds: whole('graceSeconds', 30, 0),
  };
}

function matching(
  value: string,
  rule: { what: string; pattern: RegExp; expected: string },
): string {
  if (rule.pattern.test(value)) return value;
  throw new InputError(`${rule.what} is '${value}'; expected ${rule.expected}`);
}

function atLeast(
  value: number,
  { what, least }: { what: string; least: number },
): number {
  if (value >= least) return value;
  throw new InputError(`${what} is ${value}; expected at least ${least}`);
}
