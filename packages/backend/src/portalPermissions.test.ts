import { mockCredentials } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
} from '@backstage/plugin-permission-common';
import { PortalPolicy } from './portalPermissions';

const policy = new PortalPolicy({ administrators: ['group:default/platform'] });
const taskRead = createPermission({
  name: 'scaffolder.task.read',
  attributes: { action: 'read' },
  resourceType: 'scaffolder-task',
});
const anything = createPermission({ name: 'x', attributes: {} });

const asUser = (name: string, group: string) => {
  const userEntityRef = `user:default/${name}`;
  return {
    token: '',
    expiresInSeconds: 60,
    identity: {
      type: 'user' as const,
      userEntityRef,
      ownershipEntityRefs: [userEntityRef, group],
    },
    credentials: mockCredentials.user(userEntityRef),
    info: { userEntityRef, ownershipEntityRefs: [userEntityRef, group] },
  };
};

describe('the policy of the example portal', () => {
  it('shows the runs of a template to who started them, and to administrators (issue 7)', async () => {
    const request = { permission: taskRead };
    expect(
      await policy.handle(request, asUser('cleo', 'group:default/credit')),
    ).toMatchObject({
      result: AuthorizeResult.CONDITIONAL,
      pluginId: 'scaffolder',
      conditions: { params: { createdBy: ['user:default/cleo'] } },
    });
    expect(
      await policy.handle(request, asUser('dora', 'group:default/platform')),
    ).toEqual({ result: AuthorizeResult.ALLOW });
  });

  it('denies everything to nobody', async () => {
    expect(await policy.handle({ permission: anything })).toEqual({
      result: AuthorizeResult.DENY,
    });
  });
});
