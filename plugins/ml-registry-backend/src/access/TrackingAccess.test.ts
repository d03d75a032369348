import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import {
  Authorizer,
  formatTokenSubject,
  type Caller,
  callerOf,
} from '@downstage/node';
import { jobCaller } from '../__testUtils__/people';
import { isService, TrackingAccess } from './TrackingAccess';

const access = new TrackingAccess(
  new Authorizer({
    tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
    permissions: mockServices.permissions({ result: AuthorizeResult.ALLOW }),
    userInfo: mockServices.userInfo.mock(),
  }),
);
const diagnostics = 'group:default/diagnostics';

function aJob(actor: string): Caller {
  return jobCaller({ job: 'k3v9' }, actor);
}

function aToken(): Caller {
  const actor = 'service:diagnostics/nightly';
  const subject = formatTokenSubject({
    ...{ actor, tokenId: 'k3v9', tokenName: 'nightly' },
    scopes: ['track', 'register'],
    groups: [diagnostics],
  });
  return callerOf(mockCredentials.service(subject));
}

describe('TrackingAccess', () => {
  it('takes plugins for services, and neither tokens nor jobs of services', () => {
    const plugin = callerOf(mockCredentials.service('plugin:ml-jobs'));
    expect(isService(plugin)).toBe(true);
    expect(isService(aToken())).toBe(false);
    expect(isService(aJob('service:diagnostics/nightly'))).toBe(false);
  });

  it('lets no service behind a job or a token ask for a promotion, because its person could approve it', async () => {
    await expect(access.promote(aToken(), 'churn')).rejects.toThrow(
      /ml.registry.promote needs promote/,
    );
    await expect(
      access.promote(aJob('service:diagnostics/nightly'), 'churn'),
    ).rejects.toThrow(/a service asks for no promotion of churn/);
    await expect(
      access.promote(aJob('user:default/ann'), 'churn'),
    ).resolves.toBeUndefined();
  });

  it('lets a job change its own model, and no other one of its owner', async () => {
    const model = 'model:default/churn';
    const bound = jobCaller({ job: 'k3v9', model }, 'user:default/ann');
    await expect(
      access.register(bound, diagnostics, 'churn'),
    ).resolves.toBeUndefined();
    await expect(access.register(bound, diagnostics, 'fraud')).rejects.toThrow(
      /job:k3v9 trains model:default\/churn/,
    );
    await expect(access.register(bound, undefined, 'new')).rejects.toThrow(
      /may not change/,
    );
    await expect(access.promote(bound, 'fraud')).rejects.toThrow(
      /may not change model:default\/fraud/,
    );
  });

  it("gives what a group's token makes to the group, and to nobody else it names", async () => {
    expect(await access.ownerFor(aToken())).toBe(diagnostics);
    await expect(
      access.ownerFor(aToken(), { requested: 'group:default/credit' }),
    ).rejects.toThrow(/owns only through group:default\/diagnostics/);
  });
});
