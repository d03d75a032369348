import type { ReactNode } from 'react';
import { Alert, Button, ButtonLink, Flex, Skeleton, Text } from '@backstage/ui';
import { AccessNeeded, accessNeededOf } from './AccessNeeded';
import { Reason } from '../showing/NamedText';
import { refusalOf } from './refusalOf';
import type { Loaded } from './useLoad';

/** An answer, not a fault: there is nothing to try again. */
const refusals = {
  'not-allowed': 'This is not open to you',
  'not-found': 'There is nothing here',
};

/** What an empty list says: what is missing, and what to do next. */
export type EmptyFace = {
  title: string;
  description?: ReactNode;
  action?: ReactNode;
};

/**
 * The four faces of everything that is fetched: loading, empty with the next step, error with the reason, data. A page of a
 * list that has neighbours is not empty: servers leave out what a caller may not see, and go on with the next page.
 * Data that was shown once stays while it is fetched again, with a notice when that fails. A refusal is said as the answer
 * that it is.
 */
export function Frame<T>(props: {
  /** A page of a list, as `usePages` gives it, has the way to its neighbours. */
  value: Loaded<T> & { next?: () => void; previous?: () => void };
  empty?: EmptyFace;
  isEmpty?: (value: T) => boolean;
  /** In a tile: what went wrong stands below what is known, and its button below its words. */
  isNarrow?: boolean;
  /** Where to go on when there is no such thing: the list that it would be in. */
  elsewhere?: { href: string; label: string };
  children: (value: T) => ReactNode;
}) {
  const {
    value: loaded,
    empty,
    isEmpty,
    elsewhere,
    isNarrow,
    children,
  } = props;
  const { value, error, loading, retry, next, previous } = loaded;

  const needed = accessNeededOf(error);
  if (value === undefined && needed) return <AccessNeeded {...needed} />;
  const refusal = refusalOf(error);
  if (value === undefined && error && refusal) {
    return (
      <Alert
        status="info"
        title={refusals[refusal]}
        description={<Reason error={error} />}
        customActions={
          elsewhere &&
          refusal === 'not-found' && (
            <ButtonLink variant="secondary" size="small" href={elsewhere.href}>
              {elsewhere.label}
            </ButtonLink>
          )
        }
      />
    );
  }
  if (value === undefined && error) {
    return (
      <Failure
        status="danger"
        title="This could not be loaded"
        error={error}
        retry={retry}
        isNarrow={isNarrow}
      />
    );
  }
  if (value === undefined) {
    return loading ? (
      <Flex
        direction="column"
        gap="2"
        aria-busy="true"
        role="status"
        aria-label="Loading"
      >
        <Skeleton width="60%" height={20} />
        <Skeleton width="100%" height={20} />
        <Skeleton width="80%" height={20} />
      </Flex>
    ) : null;
  }
  const stale = error && (
    <Failure
      status="warning"
      title="Shown as it was last seen"
      error={error}
      retry={retry}
      isNarrow={isNarrow}
    />
  );
  return (
    <>
      {!isNarrow && stale}
      {empty && !next && !previous && isEmpty?.(value) ? (
        <Flex direction="column" gap="2" align="start" p="4">
          <Text as="h3" variant="title-x-small">
            {empty.title}
          </Text>
          {empty.description && (
            <Text as="div" color="secondary" style={{ maxWidth: '100%' }}>
              {empty.description}
            </Text>
          )}
          {empty.action}
        </Flex>
      ) : (
        children(value)
      )}
      {isNarrow && stale}
    </>
  );
}

function Failure(props: {
  status: 'danger' | 'warning';
  title: string;
  error: Error;
  retry: () => void;
  isNarrow?: boolean;
}) {
  const { status, title, isNarrow } = props;
  const reason = <Reason error={props.error} />;
  const again = (
    <Button variant="secondary" size="small" onPress={props.retry}>
      Try again
    </Button>
  );
  return (
    <Alert
      status={status}
      style={{ marginBottom: status === 'warning' ? 12 : undefined }}
      title={title}
      description={
        isNarrow ? (
          <Flex direction="column" gap="2" align="start">
            <div>{reason}</div>
            {again}
          </Flex>
        ) : (
          reason
        )
      }
      customActions={isNarrow ? undefined : again}
    />
  );
}
