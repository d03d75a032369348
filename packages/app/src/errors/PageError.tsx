import { useState } from 'react';
import { ErrorPanel } from '@backstage/core-components';
import type { ErrorDisplayProps } from '@backstage/frontend-plugin-api';
import { Alert, Button, Container, Flex } from '@backstage/ui';

/**
 * What stands where a page broke. Pages are fetched when they are first opened: a portal that is down, or was upgraded
 * since, has not what an open window asks for. Only a new start of the window helps, and only once the portal answers.
 */
export function PageError(
  props: ErrorDisplayProps & {
    /** Starts the window again. */
    reload?: () => void;
  },
) {
  const { plugin, error, resetError, reload } = props;
  if (isOfMissingCode(error)) return <NotFetched reload={reload ?? restart} />;
  return (
    <ErrorPanel title={`Error in ${plugin?.id}`} error={error} defaultExpanded>
      <Flex p="2">
        <Button variant="secondary" onPress={resetError}>
          Try again
        </Button>
      </Flex>
    </ErrorPanel>
  );
}

function NotFetched(props: { reload: () => void }) {
  const [state, setState] = useState<'idle' | 'asking' | 'silent'>('idle');
  const tryAgain = async () => {
    setState('asking');
    try {
      await fetch(window.location.href, { method: 'HEAD', cache: 'no-store' });
    } catch {
      setState('silent');
      return;
    }
    props.reload();
  };
  return (
    <Container>
      <Flex direction="column" pt="4">
        <Alert
          status="danger"
          title="This page could not be loaded"
          description={
            state === 'silent'
              ? 'The portal still does not answer. Try again when it is back.'
              : 'The portal did not answer, or it was upgraded after this window was opened.'
          }
          customActions={
            <Button
              variant="secondary"
              size="small"
              isPending={state === 'asking'}
              onPress={tryAgain}
            >
              Try again
            </Button>
          }
        />
      </Flex>
    </Container>
  );
}

function restart() {
  window.location.reload();
}

/** As bundles say that a part of them was not there. */
function isOfMissingCode(error: Error): boolean {
  return (
    error.name === 'ChunkLoadError' ||
    /Loading (CSS )?chunk|dynamically imported module/i.test(error.message)
  );
}
