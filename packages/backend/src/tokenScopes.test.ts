import { createMockDirectory } from '@backstage/backend-test-utils';
import request from 'supertest';
import {
  approve,
  features,
  read,
  write,
} from './__testUtils__/pluginWithScope';
import {
  startSecuredPortal,
  type SecuredPortal,
} from './__testUtils__/securedPortal';

jest.setTimeout(120_000);
const directory = createMockDirectory();

describe('a plugin that brings a permission and a token scope of its own', () => {
  let portal: SecuredPortal;
  beforeAll(async () => {
    portal = await startSecuredPortal({
      dataDir: directory.path,
      features: [features],
    });
  });
  afterAll(() => portal?.stop());

  const ask = (secret: string, permission: { name: string }) =>
    request(portal.server)
      .get(`/api/ml-features/${permission.name}`)
      .set('authorization', `Bearer ${secret}`);

  it('lets a token with the scope pass, and refuses one without', async () => {
    const with_ = await portal.secretOf(['features']);
    expect((await ask(with_, write)).status).toBe(200);
    expect((await ask(with_, read)).status).toBe(200);
    const without = await portal.secretOf(['register', 'data']);
    const refused = await ask(without, write);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain(
      'has the scopes register, data; ml.features.update needs features',
    );
    const readOnly = await portal.secretOf(['read']);
    expect((await ask(readOnly, read)).status).toBe(200);
    expect((await ask(readOnly, write)).status).toBe(403);
  });

  it('keeps what it put into no scope to people', async () => {
    const secret = await portal.secretOf(['read', 'features']);
    const refused = await ask(secret, approve);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain('no token may');
    expect((await ask(portal.session('ann'), approve)).status).toBe(200);
  });

  it('gives with its scope nothing of other plugins', async () => {
    const secret = await portal.secretOf(['features']);
    const other = await request(portal.server)
      .get('/api/ml-jobs/v1/jobs')
      .set('authorization', `Bearer ${secret}`);
    expect(other.status).toBe(403);
  });

  it('is listed with the scopes of the others, and a scope that nobody defines is refused', async () => {
    const { body } = await request(portal.server)
      .get('/api/ml-tokens/v1/scopes')
      .set('authorization', `Bearer ${portal.session('ann')}`);
    expect(body.items).toContainEqual({
      name: 'features',
      permissions: ['ml.features.read', 'ml.features.update'],
      personal: false,
    });
    await expect(portal.secretOf(['pipelines'])).rejects.toThrow(
      /no plugin of this portal defines pipelines; expected read, data/,
    );
  });
});
