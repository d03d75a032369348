import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import { paths } from '../paths';

/** Who or what an entity ref names, as a link to its page; plain words for services. */
export function EntityLink(props: { entityRef: string | undefined }) {
  const { entityRef } = props;
  if (!entityRef) return <>–</>;
  if (!/^(user|group|model|dataset):[^/]+\/.+$/i.test(entityRef))
    return <>{entityRef}</>;
  return (
    <Link href={paths.entity(entityRef)} variant="body-medium">
      <EntityDisplayName entityRef={entityRef} hideIcon disableTooltip />
    </Link>
  );
}
