import { ConfigReader } from '@backstage/config';
import { readClusters } from './config';

const least = { name: 'gpu-east', namespace: 'ml', image: 'python:3.13' };
const read = (...clusters: object[]) =>
  readClusters(new ConfigReader({ mlJobs: { kubernetes: { clusters } } }));

describe('clusters of the configuration', () => {
  it('are none where nobody has named one', () => {
    expect(readClusters(new ConfigReader({}))).toEqual([]);
    expect(readClusters(new ConfigReader({ mlJobs: {} }))).toEqual([]);
  });

  it('need a name, a namespace and an image, and no more', () => {
    expect(read(least)).toEqual([
      {
        ...least,
        ...{ kubeconfig: undefined, context: undefined, queue: undefined },
        serviceAccount: undefined,
        slots: 10,
        usual: { cpu: 1, memory: '2Gi' },
        gpuResource: 'nvidia.com/gpu',
        runAsUser: 1000,
        keepSeconds: 604_800,
        graceSeconds: 30,
      },
    ]);
    for (const key of Object.keys(least))
      expect(() => read({ ...least, [key]: undefined })).toThrow(key);
  });

  it('may say all of it', () => {
    const [cluster] = read({
      ...least,
      ...{ kubeconfig: '/etc/kubeconfig', context: 'east', queue: 'research' },
      ...{ slots: 3, usual: { cpu: 0.5, memory: '512Mi' }, keepDays: 0.5 },
      ...{ gpuResource: 'amd.com/gpu', serviceAccount: 'runner' },
      ...{ runAsUser: 65_534, graceSeconds: 0 },
    });
    expect(cluster).toMatchObject({
      ...{ kubeconfig: '/etc/kubeconfig', context: 'east', queue: 'research' },
      ...{ slots: 3, usual: { cpu: 0.5, memory: '512Mi' } },
      ...{ keepSeconds: 43_200, graceSeconds: 0, runAsUser: 65_534 },
    });
  });

  it.each([
    [{ name: 'GPU' }, "clusters[0].name is 'GPU'; expected up to 63 small"],
    [{ name: 'local-process' }, 'choose another name'],
    [{ namespace: 'a b' }, "clusters[0].namespace is 'a b'; expected a name"],
    [{ queue: '../x' }, "clusters[0].queue is '../x'; expected a name"],
    [{ context: 'east' }, 'clusters[0].context needs a kubeconfig'],
    [{ slots: 0 }, 'clusters[0].slots is 0; expected at least 1'],
    [{ slots: 1.5 }, 'clusters[0].slots is 1.5; expected a whole number'],
    [{ runAsUser: 0 }, 'clusters[0].runAsUser is 0; expected at least 1'],
    [{ usual: { memory: '2GB' } }, 'expected an amount such as 512Mi or 4Gi'],
  ])('are refused with %j, in words', (wrong, message) => {
    expect(() => read({ ...least, ...wrong })).toThrow(message);
  });

  it('have each a name of its own', () => {
    expect(() => read(least, least)).toThrow("two clusters named 'gpu-east'");
  });
});
