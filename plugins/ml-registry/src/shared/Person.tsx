import { Link } from '@backstage/ui';
import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import { NamedText as Named } from '@downstage/react';
import { paths } from './paths';

/** Who did or owns something: a link for people and groups, plain words for anything else. */
export function Person(props: { entityRef: string | undefined }) {
  const { entityRef } = props;
  if (!entityRef) return <>–</>;
  // What a plugin did by itself, as the registry does after the gates have passed.
  if (entityRef.startsWith('service:'))
    return <>{entityRef.slice('service:'.length)}</>;
  if (!/^(user|group):/i.test(entityRef)) return <>{entityRef}</>;
  return <EntityLink entityRef={entityRef} />;
}

/** A link to the page of an entity under the name people know it by; plain words for what is no full ref. */
export function EntityLink(props: { entityRef: string; tab?: string }) {
  const { entityRef, tab } = props;
  if (!/^[^:]+:[^/]+\/.+$/.test(entityRef)) return <>{entityRef}</>;
  return (
    <Link href={paths.entity(entityRef, tab)} variant="body-medium">
      <EntityDisplayName entityRef={entityRef} hideIcon disableTooltip />
    </Link>
  );
}

/** What the registry wrote about a change, with people and groups under their names. */
export function NamedText(props: { text: string }) {
  return <Named text={props.text} as={ref => <Person entityRef={ref} />} />;
}
