import { Link } from '@backstage/ui';
import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import { paths } from '../paths';

/** Who did or owns something: a link for people and groups, plain words for anything else. */
export function Person(props: { entityRef: string | undefined }) {
  const { entityRef } = props;
  if (!entityRef) return <>–</>;
  if (!/^(user|group):[^/]+\/.+$/i.test(entityRef)) return <>{entityRef}</>;
  return (
    <Link href={paths.entity(entityRef)} variant="body-medium">
      <EntityDisplayName entityRef={entityRef} hideIcon disableTooltip />
    </Link>
  );
}
