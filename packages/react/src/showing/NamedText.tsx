import { Fragment, type ReactNode } from 'react';
import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import { reasonOf } from './reasonOf';

/**
 * A sentence with people and groups under the names people know them by: servers write refs, such as
 * `group:default/credit-risk`.
 *
 * @example
 * ```tsx
 * <NamedText text="Submitted by user:default/ann" /> // Submitted by Ann Ito
 * ```
 */
export function NamedText(props: {
  text: string;
  /** What stands for a ref, instead of the bare name. */
  as?: (entityRef: string) => ReactNode;
}) {
  const { text, as = nameOf } = props;
  const parts = text.split(/\b((?:user|group):[\w.-]+\/[\w.-]*\w)/);
  // One text stays one text, for those who look for it.
  if (parts.length === 1) return <>{text}</>;
  return (
    <>
      {parts.map((part, index) => (
        <Fragment key={index}>{index % 2 === 1 ? as(part) : part}</Fragment>
      ))}
    </>
  );
}

/**
 * Why something went wrong, as a page says it: {@link reasonOf}, with people and groups under their names.
 *
 * @example
 * ```tsx
 * <Alert status="danger" title="Not deployed" description={<Reason error={error} />} />
 * ```
 */
export function Reason(props: { error: Error }) {
  return <NamedText text={reasonOf(props.error)} />;
}

function nameOf(entityRef: string) {
  return <EntityDisplayName entityRef={entityRef} hideIcon disableTooltip />;
}
