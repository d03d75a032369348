import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { aRegistry } from './registryFixture';

export const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');

/** A registry whose versions get files with their checksums. */
export async function aRegistryWithFiles(
  knex: Knex,
  options?: Parameters<typeof aRegistry>[1],
) {
  const registry = await aRegistry(knex, options);
  /** Puts files among those of a version, as an upload records them. */
  const put = async (version: number, files: Record<string, string>) => {
    for (const [name, content] of Object.entries(files)) {
      const path = `0/tumours-run-${version}/artifacts/model/${name}`;
      registry.artifacts.files.set(path, content);
      await registry.knex('artifacts').insert({
        path_sha256: sha256(path),
        path,
        size: content.length,
        sha256: sha256(content),
        created_at: 0,
      });
    }
  };
  return { ...registry, put };
}
