import { z } from 'zod';

/** Which file of a version is read: one of its files, or one of its table. */
export const datasetContentQuerySchema = z.object({
  file: z.string().min(1).max(2_000),
  of: z.enum(['files', 'table']).default('files'),
});
export type DatasetContentQuery = z.infer<typeof datasetContentQuerySchema>;

/**
 * The address of the bytes of one file, below the address of ml-data. It is no part of the contract, because the
 * answer is not JSON.
 *
 * @example `/v1/datasets/default/masses/versions/3/content?file=part-0.csv&of=files`
 */
export function datasetContentPath(
  version: { namespace: string; name: string; version: string | number },
  { file, of }: DatasetContentQuery,
): string {
  const path = [version.namespace, version.name]
    .map(encodeURIComponent)
    .join('/');
  const query = new URLSearchParams({ file, of });
  return `/v1/datasets/${path}/versions/${version.version}/content?${query}`;
}
