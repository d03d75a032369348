import type { ReactNode } from 'react';
import { Alert, Button, Flex, Skeleton, Text } from '@backstage/ui';
import { reasonOf } from './reasonOf';
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
 * The four faces of everything that is fetched: loading, empty with the next step, error with the reason, data.
 * Data that was shown once stays while it is fetched again, with a notice when that fails. A refusal is said as the answer
 * that it is.
 */
export function Frame<T>(props: {
  value: Loaded<T>;
  empty?: EmptyFace;
  isEmpty?: (value: T) => boolean;
  children: (value: T) => ReactNode;
}) {
  const { value: loaded, empty, isEmpty, children } = props;
  const { value, error, loading, retry } = loaded;

  const refusal = refusalOf(error);
  if (value === undefined && error && refusal) {
    return (
      <Alert
        status="info"
        title={refusals[refusal]}
        description={reasonOf(error)}
      />
    );
  }
  if (value === undefined && error) {
    return (
      <Alert
        status="danger"
        title="This could not be loaded"
        description={reasonOf(error)}
        customActions={
          <Button variant="secondary" size="small" onPress={retry}>
            Try again
          </Button>
        }
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
  return (
    <>
      {error && (
        <Alert
          status="warning"
          style={{ marginBottom: 12 }}
          title="Shown as it was last seen"
          description={reasonOf(error)}
          customActions={
            <Button variant="secondary" size="small" onPress={retry}>
              Try again
            </Button>
          }
        />
      )}
      {empty && isEmpty?.(value) ? (
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
    </>
  );
}
