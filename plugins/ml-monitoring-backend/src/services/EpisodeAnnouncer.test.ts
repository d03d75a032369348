import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { normal } from '../testUtils/fakes';
import { aWatch } from '../__testUtils__/aWatch';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('watching, %p', databaseId => {
  const setUp = async (options?: Parameters<typeof aWatch>[1]) =>
    aWatch(await databases.init(databaseId), options);

  it('sends a notification later when it could not be sent at once', async () => {
    const { pass, log, send, logger, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    send.mockRejectedValueOnce(new Error('notifications are down'));
    await pass();
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('notifications are down'),
    );
    await pass();
    expect(send).toHaveBeenCalledTimes(2);
    await pass();
    expect(send).toHaveBeenCalledTimes(2);
    await stop();
  });
});
