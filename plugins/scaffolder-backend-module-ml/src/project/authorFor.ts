import type { UserEntity } from '@backstage/catalog-model';
import { templateBot, type Person } from './git';

/** The person who asked, as far as the catalog knows them; the bot when a service asked. */
export function authorFor(user?: {
  entity?: UserEntity;
  ref?: string;
}): Person {
  const name = user?.entity?.metadata.name ?? user?.ref?.split('/').at(-1);
  if (!name) return templateBot;
  const profile = user?.entity?.spec.profile;
  return {
    name: profile?.displayName ?? name,
    email: profile?.email ?? `${name}@localhost`,
  };
}
