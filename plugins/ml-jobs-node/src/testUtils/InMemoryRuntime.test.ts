import { describeJobRuntime } from './describeJobRuntime';
import { InMemoryCluster, InMemoryRuntime } from './InMemoryRuntime';

describeJobRuntime('in memory', async () => {
  const cluster = new InMemoryCluster();
  const withSource: typeof fetch = async (url, ...more) =>
    String(url).startsWith('http://portal.invalid/')
      ? new Response('source')
      : fetch(url, ...more);
  const create = () => new InMemoryRuntime({ cluster, fetch: withSource });
  let count = 0;
  return {
    runtime: create(),
    restarted: async () => create(),
    async specOf(command, overrides) {
      count += 1;
      return {
        jobId: `job${count}`,
        attempt: 1,
        name: 'test',
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
    },
    close: async () => {},
  };
});
