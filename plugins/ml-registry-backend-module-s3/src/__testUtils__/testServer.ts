import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Options } from '../config';
import { nameOf } from '../s3Errors';

/**
 * The server the test command started. There is no test of this store without
 * one: a run that has none fails, and says how to get one.
 */
export function testServer() {
  const endpoint = process.env.DOWNSTAGE_TEST_S3_ENDPOINT;
  const accessKeyId = process.env.DOWNSTAGE_TEST_S3_ACCESS_KEY_ID;
  const secretAccessKey = process.env.DOWNSTAGE_TEST_S3_SECRET_ACCESS_KEY;
  if (!endpoint || !accessKeyId || !secretAccessKey) {
    throw new Error(
      'These tests need a server of the S3 API: run `npm test -- --only=unit`, or set DOWNSTAGE_TEST_S3_ENDPOINT, _ACCESS_KEY_ID and _SECRET_ACCESS_KEY',
    );
  }
  const connection = {
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  };
  const client = new S3Client(connection);
  const bucket = 'artifacts';
  const opening = client
    .send(new CreateBucketCommand({ Bucket: bucket }))
    .catch((error: unknown) => {
      if (!/^BucketAlready/.test(nameOf(error) ?? '')) throw error;
    });
  return {
    /** A place in the bucket that nobody else uses. */
    async aPlace(): Promise<S3Options> {
      await opening;
      return { ...connection, bucket, prefix: `tests/${randomUUID()}` };
    },
    /** Uploads that were begun there and neither completed nor aborted. */
    async unfinished({ prefix }: S3Options): Promise<unknown[]> {
      const { Uploads: uploads } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }),
      );
      return uploads ?? [];
    },
    close: () => client.destroy(),
  };
}
