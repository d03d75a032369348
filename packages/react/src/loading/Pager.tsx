import { Button, Flex, Text } from '@backstage/ui';
import type { Pages } from './usePages';

/** The way to the page before and after; nothing where one page is all there is. */
export function Pager(props: {
  pages: Pick<Pages<unknown>, 'page' | 'next' | 'previous'>;
  of?: string;
}) {
  const { page, next, previous } = props.pages;
  if (!next && !previous) return null;
  return (
    <Flex gap="3" align="center" justify="end">
      <Text color="secondary" role="status">
        Page {page}
        {props.of}
      </Text>
      <Button
        size="small"
        variant="secondary"
        isDisabled={!previous}
        onPress={() => previous?.()}
      >
        Previous page
      </Button>
      <Button
        size="small"
        variant="secondary"
        isDisabled={!next}
        onPress={() => next?.()}
      >
        Next page
      </Button>
    </Flex>
  );
}
