import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isResourcePermission } from '@backstage/plugin-permission-common';
import { mlDataPermissions } from '@downstage/plugin-ml-data-common';
import { mlJobsPermissions } from '@downstage/plugin-ml-jobs-common';
import { mlMonitoringPermissions } from '@downstage/plugin-ml-monitoring-common';
import { mlRegistryPermissions } from '@downstage/plugin-ml-registry-common';
import { mlServingPermissions } from '@downstage/plugin-ml-serving-common';
import { mlTokensPermissions } from '@downstage/plugin-ml-tokens-common';

describe('the page of permissions', () => {
  it('names every permission with its resource type, and no other', () => {
    const page = readFileSync(
      resolve(__dirname, '../../../docs/permissions.md'),
      'utf8',
    );
    const named = [
      ...page.matchAll(/^\| `(ml\.[\w.-]+)`\s+\| (?:`([\w-]+)`|–)/gm),
    ].map(([, name, type]) => `${name} ${type ?? '-'}`);
    const all = [
      ...mlDataPermissions,
      ...mlJobsPermissions,
      ...mlMonitoringPermissions,
      ...mlRegistryPermissions,
      ...mlServingPermissions,
      ...mlTokensPermissions,
    ].map(
      permission =>
        `${permission.name} ${
          isResourcePermission(permission) ? permission.resourceType : '-'
        }`,
    );
    expect(named.sort()).toEqual(all.sort());
  });
});
