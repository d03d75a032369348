import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  Measure,
  release,
  type StoredArtifact,
} from '@downstage/plugin-ml-registry-node';

const mebibyte = 1024 * 1024;
/** S3 takes ten thousand parts: after each thousand they grow, so that five tebibytes fit as S3 allows. */
const partSizeOf = (number: number) =>
  8 * mebibyte * 2 ** Math.floor((number - 1) / 1000);

/**
 * Puts a stream of unknown length: in one request when it fits into a part,
 * else in parts, each retried by the client. There is one piece of memory per
 * upload, filled and sent in turn.
 */
export async function putInParts(
  content: Readable,
  options: { client: S3Client; target: { Bucket: string; Key: string } },
): Promise<StoredArtifact> {
  const { client, target } = options;
  const measure = new Measure();
  let memory = Buffer.allocUnsafeSlow(64 * 1024);
  let filled = 0;
  let upload: { UploadId: string } | undefined;
  const parts: CompletedPart[] = [];

  const begin = async () => {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand(target),
    );
    if (!UploadId) throw new Error('S3 began an upload without an id');
    return { UploadId };
  };
  const sendPart = async () => {
    upload ??= await begin();
    const PartNumber = parts.length + 1;
    const { ETag } = await client.send(
      new UploadPartCommand({
        ...target,
        ...upload,
        PartNumber,
        Body: memory.subarray(0, filled),
      }),
    );
    parts.push({ ETag, PartNumber });
    filled = 0;
  };
  /** Small files need little memory: it doubles until a part fits. */
  const makeRoom = (size: number) => {
    if (memory.length >= size) return;
    const larger = Buffer.allocUnsafeSlow(size);
    memory.copy(larger, 0, 0, filled);
    release(memory);
    memory = larger;
  };

  try {
    for await (const chunk of content) {
      measure.add(chunk);
      let taken = 0;
      while (taken < chunk.length) {
        const partSize = partSizeOf(parts.length + 1);
        if (filled === partSize) await sendPart();
        const wanted = filled + chunk.length - taken;
        if (wanted > memory.length) {
          makeRoom(Math.min(partSize, Math.max(wanted, 2 * memory.length)));
        }
        const room = Math.min(memory.length, partSize) - filled;
        const copied = chunk.copy(memory, filled, taken, taken + room);
        filled += copied;
        taken += copied;
      }
      release(chunk);
    }
    if (upload) {
      await sendPart();
      await client.send(
        new CompleteMultipartUploadCommand({
          ...target,
          ...upload,
          MultipartUpload: { Parts: parts },
        }),
      );
    } else {
      await client.send(
        new PutObjectCommand({ ...target, Body: memory.subarray(0, filled) }),
      );
    }
    return measure.result();
  } catch (error) {
    if (upload) {
      await client
        .send(new AbortMultipartUploadCommand({ ...target, ...upload }))
        // The caller wants to hear of the first error.
        .catch(() => {});
    }
    throw error;
  } finally {
    release(memory);
  }
}
