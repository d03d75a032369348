import { mockServices } from '@backstage/backend-test-utils';
import { readS3Options } from './config';

const read = (s3?: object) =>
  readS3Options(
    mockServices.rootConfig({
      data: s3 ? { mlRegistry: { artifacts: { s3: { ...s3 } } } } : {},
    }),
  );

describe('readS3Options', () => {
  it('leaves the folder in place unless a bucket is named', () => {
    expect(read()).toBeUndefined();
  });

  it('takes AWS with its default credentials from the name of a bucket alone', () => {
    expect(read({ bucket: 'models' })).toEqual({
      bucket: 'models',
      prefix: '',
      region: 'us-east-1',
      forcePathStyle: false,
      endpoint: undefined,
      credentials: undefined,
    });
  });

  it('addresses another server by path, with keys of its own', () => {
    expect(
      read({
        bucket: 'models',
        prefix: '/registry/',
        endpoint: 'http://minio:9000',
        accessKeyId: 'a',
        secretAccessKey: 'b',
      }),
    ).toMatchObject({
      prefix: 'registry',
      forcePathStyle: true,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
  });

  it('refuses half of the keys', () => {
    expect(() => read({ bucket: 'models', accessKeyId: 'a' })).toThrow(
      /one of accessKeyId and secretAccessKey/,
    );
  });
});
