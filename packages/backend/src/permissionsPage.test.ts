import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isResourcePermission } from '@backstage/plugin-permission-common';
import { permissions } from './__testUtils__/everyDomain';

describe('the page of permissions', () => {
  it('names every permission with its resource type, and no other', () => {
    const page = readFileSync(
      resolve(__dirname, '../../../docs/permissions.md'),
      'utf8',
    );
    const named = [
      ...page.matchAll(/^\| `(ml\.[\w.-]+)`\s+\| (?:`([\w-]+)`|–)/gm),
    ].map(([, name, type]) => `${name} ${type ?? '-'}`);
    const all = permissions.map(
      permission =>
        `${permission.name} ${
          isResourcePermission(permission) ? permission.resourceType : '-'
        }`,
    );
    expect(named.sort()).toEqual(all.sort());
  });
});
