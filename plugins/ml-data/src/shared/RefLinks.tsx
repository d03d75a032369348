import { Flex, Text } from '@backstage/ui';
import { EntityRefLink } from '@backstage/plugin-catalog-react';

/** Links to entities, one below the other, or what to say when there are none. */
export function RefLinks(props: { refs: string[]; none: string }) {
  const { refs, none } = props;
  if (!refs.length) return <Text color="secondary">{none}</Text>;
  return (
    <Flex direction="column" gap="1">
      {refs.map(ref => (
        <EntityRefLink key={ref} entityRef={ref} />
      ))}
    </Flex>
  );
}
