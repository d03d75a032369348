import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { KubeApi, type ClusterAccess } from '../api/KubeApi';
import { namedObject } from '../domain/objects';
import { createFixture } from './createFixture';
import { until } from './until';

const accessSchema = z.object({
  server: z.string(),
  /** As a kubeconfig has it. */
  ca: z.base64().transform(text => Buffer.from(text, 'base64')),
  token: z.string(),
  namespace: z.string(),
});

/** The real control plane that the part `cluster` runs these tests on; nothing in `npm test`. */
export function clusterOfTests() {
  const file = process.env.DOWNSTAGE_TEST_CLUSTER_ACCESS;
  if (!file) return undefined;
  const { server, namespace, ca, token } = accessSchema.parse(
    JSON.parse(readFileSync(file, 'utf8')),
  );
  // The module reads kubeconfigs by a library of ES modules, which Jest does not load. The part tries that one too.
  const access: ClusterAccess = {
    getCurrentCluster: () => ({ name: 'test', server, skipTLSVerify: false }),
    applyToHTTPSOptions: async options => {
      const authorization = `Bearer ${token}`;
      options.ca = ca;
      options.headers = { ...options.headers, authorization };
    },
  };
  return {
    async fixture({ queue }: { queue?: string }) {
      const usual = { cpu: 1, memory: '256Mi' };
      const made = await createFixture({
        access,
        cluster: { namespace, queue, usual },
      });
      const runtime = made.create();
      runtime.start();
      return {
        runtime,
        restarted: async () => made.create(),
        specOf: async (...args: Parameters<typeof made.specOf>) =>
          made.specOf(...args),
        close: async () => {
          await deleteAll(new KubeApi(access), namespace);
          await made.close();
        },
      };
    },
  };
}

/** The next test finds no job that takes its room. */
async function deleteAll(api: KubeApi, namespace: string): Promise<void> {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const names = async () =>
    (await api.list(jobs, namedObject, {})).items.map(
      ({ metadata }) => metadata.name,
    );
  for (const name of await names())
    await api.delete(`${jobs}/${name}`, { propagationPolicy: 'Foreground' });
  await until(async () => (await names()).length === 0);
  api.close();
}
