import { checkExternalLocation, requireExternal } from './externalSources';

const sources = [
  { location: 's3://open/models' },
  { location: 'file:///mnt/models', owners: ['group:default/credit'] },
];
const ask = (address: string, owner?: string) =>
  requireExternal(address, { sources, owner, what: 'Source' });

describe('places outside this server', () => {
  it.each([
    ['s3://open/models', undefined],
    ['s3://open/models/a/b/', 'group:default/diagnostics'],
    ['file:///mnt/models/x', 'group:default/credit'],
  ])('lets %s be named by %s', (address, owner) => {
    expect(ask(address, owner)).toBe(address.replace(/\/$/, ''));
  });

  it.each([
    ['s3://open/models-of-others', undefined],
    ['s3://open/models/../secret', undefined],
    ['s3://open/models/%2e%2e/secret', undefined],
    ['s3://open/models/%zz', undefined],
    ['s3://user:password@open/models/x', undefined],
    ['s3://open/models/x?versionId=1', undefined],
    ['file:///mnt/models/x', 'group:default/diagnostics'],
    ['file:///mnt/models/x', undefined],
    ['file:///etc', 'group:default/credit'],
    ['S3://open/models', undefined],
    ['relative/path', undefined],
    ['', undefined],
  ])('refuses %s to %s', (address, owner) => {
    expect(() => ask(address, owner)).toThrow(/mlRegistry\.externalSources/);
  });

  it('says what is allowed to whom', () => {
    expect(() => ask('gs://x/y', 'group:default/credit')).toThrow(
      /allows group:default\/credit s3:\/\/open\/models, file:\/\/\/mnt\/models/,
    );
  });

  it.each(['s3://bucket', 'gs://bucket/x/', 'file:///m'])(
    'takes %s as a place where that is meant',
    location => {
      expect(checkExternalLocation(location)).toBe(location.replace(/\/$/, ''));
    },
  );

  it.each([
    'models:/x',
    'runs:/x',
    'mlflow-artifacts:/1',
    '/srv',
    's3://a/../b',
    's3://user:password@bucket',
  ])('refuses %s as a place', location => {
    expect(() => checkExternalLocation(location)).toThrow(/no place/);
  });
});
