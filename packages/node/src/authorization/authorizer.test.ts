import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
} from '@backstage/plugin-permission-common';
import { Authorizer } from './authorizer';
import { callerOf } from '../caller/caller';

const read = createPermission({
  name: 'ml.test.read',
  attributes: { action: 'read' },
});
const change = createPermission({
  name: 'ml.test.change',
  attributes: { action: 'update' },
});
const owner = 'group:default/diagnostics';

function authorizer(options: {
  groups: string[];
  result?: AuthorizeResult.ALLOW | AuthorizeResult.DENY;
}) {
  return new Authorizer({
    permissions: mockServices.permissions({
      result: options.result ?? AuthorizeResult.ALLOW,
    }),
    userInfo: mockServices.userInfo.mock({
      getUserInfo: async () => ({
        userEntityRef: 'user:default/ann',
        ownershipEntityRefs: ['user:default/ann', ...options.groups],
      }),
    }),
    administrators: ['group:default/platform'],
  });
}

describe('Authorizer', () => {
  const ann = callerOf(mockCredentials.user('user:default/ann'));

  it('lets a member of the owning group change a thing', async () => {
    await expect(
      authorizer({ groups: [owner] }).require({
        caller: ann,
        permission: change,
        owner,
      }),
    ).resolves.toBeUndefined();
  });

  it('refuses members of other groups and says who owns it', async () => {
    await expect(
      authorizer({ groups: ['group:default/credit'] }).require({
        caller: ann,
        permission: change,
        owner,
      }),
    ).rejects.toThrow(
      /belongs to group:default\/diagnostics.*user:default\/ann/,
    );
  });

  it('lets others read', async () => {
    await expect(
      authorizer({ groups: [] }).require({
        caller: ann,
        permission: read,
        owner,
      }),
    ).resolves.toBeUndefined();
  });

  it('refuses everything that the policy denies, reading included', async () => {
    await expect(
      authorizer({ groups: [owner], result: AuthorizeResult.DENY }).require({
        caller: ann,
        permission: read,
      }),
    ).rejects.toThrow(/lacks the permission ml.test.read/);
  });

  it('lets administrators change what others own, without making them owners', async () => {
    const dora = authorizer({ groups: ['group:default/platform'] });
    await expect(
      dora.require({ caller: ann, permission: change, owner }),
    ).resolves.toBeUndefined();
    await expect(dora.owns(ann, owner)).resolves.toBe(false);
  });

  it('leaves services to the permission framework and writes them as such', async () => {
    const service = callerOf(mockCredentials.service('plugin:ml-jobs'));
    const subject = authorizer({ groups: [] });
    await expect(
      subject.require({ caller: service, permission: change, owner }),
    ).resolves.toBeUndefined();
    expect(service.actor).toBe('service:ml-jobs');
    expect(ann.actor).toBe('user:default/ann');
  });
});
