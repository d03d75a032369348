import { openAccess } from '../__testUtils__/createFixture';
import { KubeApi } from './KubeApi';
import { PodLog } from './PodLog';

describe('the log of a pod', () => {
  it('is given up with its reader where its machine is away, and is not asked for at once again', async () => {
    const api = new KubeApi(openAccess('http://127.0.0.1:1'));
    // It never answers, as the kubelet of a machine that has lost its network.
    const stream = jest.spyOn(api, 'stream').mockImplementation(
      (_, { signal }) =>
        new Promise((_answer, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const log = new PodLog({
      ...{ api, path: '/api/v1/namespaces/ml/pods/a', podUid: 'u' },
      ...{ containers: ['prepare', 'job'], offset: 0, skip: 0 },
    });
    const reader = new AbortController();
    const read = () =>
      log.read({ limit: 100, isOver: () => true, signal: reader.signal });
    const first = read();
    reader.abort();
    await expect(first).rejects.toThrow('does not give its log now');
    await expect(read()).rejects.toThrow('does not give its log now');
    expect(stream).toHaveBeenCalledTimes(1);
    log.close();
    api.close();
  });
});
