import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';

/** `mlRegistry.artifacts.s3`, read once. */
export type S3Options = {
  bucket: string;
  /** Folder in the bucket, without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  endpoint?: string;
  region: string;
  forcePathStyle: boolean;
  /** Absent: the default chain of the SDK (environment, profile, instance or pod role). */
  credentials?: { accessKeyId: string; secretAccessKey: string };
};

/** `undefined` when the artifacts are not to lie in S3. */
export function readS3Options(
  config: RootConfigService,
): S3Options | undefined {
  const s3 = config.getOptionalConfig('mlRegistry.artifacts.s3');
  if (!s3) return undefined;
  const accessKeyId = s3.getOptionalString('accessKeyId');
  const secretAccessKey = s3.getOptionalString('secretAccessKey');
  if (Boolean(accessKeyId) !== Boolean(secretAccessKey)) {
    throw new InputError(
      'mlRegistry.artifacts.s3 names one of accessKeyId and secretAccessKey; give both, or none for the default credentials',
    );
  }
  const endpoint = s3.getOptionalString('endpoint');
  return {
    bucket: s3.getString('bucket'),
    prefix: (s3.getOptionalString('prefix') ?? '').replace(/^\/+|\/+$/g, ''),
    endpoint,
    region: s3.getOptionalString('region') ?? 'us-east-1',
    // Servers on one machine have no host name per bucket.
    forcePathStyle:
      s3.getOptionalBoolean('forcePathStyle') ?? endpoint !== undefined,
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey }
        : undefined,
  };
}
