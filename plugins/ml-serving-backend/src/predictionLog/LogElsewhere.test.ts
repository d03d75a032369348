import { ServiceUnavailableError } from '@backstage/errors';
import {
  FakeServingEngine,
  FakeServingEngineWithLog,
} from '@downstage/plugin-ml-serving-node/testUtils';
import { LogElsewhere } from './LogElsewhere';

const engineWithLog = () =>
  new FakeServingEngineWithLog({
    baseUrl: () => 'http://bucket.example',
    writeParquet: async () => new Uint8Array(1),
  });

describe('a prediction log that an engine keeps', () => {
  it('is none of an engine that writes into the folder of the portal', () => {
    expect(LogElsewhere.of(new FakeServingEngine(), 'churn')).toBeUndefined();
  });

  it('says which engine does not answer', async () => {
    const engine = engineWithLog();
    const log = LogElsewhere.of(engine, 'churn')!;
    jest.spyOn(engine, 'logFiles').mockRejectedValue(new Error('no route'));
    await expect(log.files({})).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message:
        "The engine 'fake' does not say what is in its prediction log of 'churn'; caused by Error: no route",
    });
    const away = new ServiceUnavailableError('The cluster is away');
    jest.spyOn(engine, 'countPredictions').mockRejectedValue(away);
    await expect(log.count({ version: 1 })).rejects.toBe(away);
  });

  it('is not waited for by a caller that has gone', async () => {
    const engine = engineWithLog();
    const log = LogElsewhere.of(engine, 'churn')!;
    jest.spyOn(engine, 'logFiles').mockReturnValue(new Promise(() => {}));
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(log.files({}, gone)).rejects.toThrow(/caused by Error: gone/);
  });
});
